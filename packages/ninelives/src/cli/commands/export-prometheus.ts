import { DEFAULT_DASHBOARD } from '../../config/defaults.js';
import type { Config } from '../../config/service.js';
import { rulesYaml, scrapeYaml } from '../../metrics/rules.js';
import type { Terminal } from '../terminal.js';

/** `export prometheus`: alert rules; with `--scrape` what to scrape, for this config. */
export function exportPrometheus(config: Config | null, terminal: Terminal): void {
  if (config === null) return terminal.out(rulesYaml().trimEnd());
  const { host, port } = config.dashboard ?? DEFAULT_DASHBOARD;
  const { services } = config;
  const yaml = scrapeYaml({
    dashboard: { host, port },
    gateways: services.filter(({ gateway }) => gateway !== null).map(({ name }) => name),
    embedders: services
      .filter(({ source }) => source.type === 'embedder')
      .map(({ probe }) => new URL(probe.url))
      .map((url) => ({ host: url.hostname, port: Number(url.port || 80) })),
  });
  terminal.out(yaml.trimEnd());
}
