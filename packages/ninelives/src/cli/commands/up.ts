import type { ServiceConfig } from '../../config/service.js';
import { gatewayUrl } from '../../gateway/place.js';
import type { ProbeSpec } from '../../probe/probe.js';
import type { Terminal } from '../terminal.js';

/** What somebody who has just started a service wants to do next. */
export function welcome(
  service: ServiceConfig,
  /** `armed`: may it kill already? `state`: what `--state` said. */
  { armed, state, dashboard }: { armed: boolean; state: string | undefined; dashboard: string | null },
  terminal: Terminal,
): void {
  const url = service.gateway ? gatewayUrl(service.gateway) : service.probe.url;
  const behind = service.gateway ? `${service.name}; the gateway to ${service.probe.url}` : service.name;
  const flag = state === undefined ? '' : ` --state ${state}`;
  terminal.out('');
  terminal.out(`  ${terminal.style('green', 'serving')}   ${terminal.style('bold', url)}   (${behind})`);
  terminal.out(`  try it    ${tryLine({ ...service.probe, url })}`);
  if (dashboard !== null) terminal.out(`  look      ${dashboard}`);
  const [fault, why] = armed
    ? ['wedge', 'in a second shell']
    : ['crash', 'in a second shell; until its recovery is proved it is only watched'];
  terminal.out(`  next      npx --no-install ninelives drill ${fault}${flag}      (${why})`);
  terminal.out('  stop      Ctrl-C');
  terminal.out('');
}

function tryLine({ url, kind, options }: ProbeSpec): string {
  const base = url.replace(/\/$/, '');
  if (kind === 'http') return `curl -i ${base}${String(options.path ?? '/')}`;
  if (kind !== 'embeddings') return `curl -s ${base}/v1/models`;
  return `curl -s ${base}/v1/embeddings -H 'content-type: application/json' -d '{"input":["hello"]}'`;
}
