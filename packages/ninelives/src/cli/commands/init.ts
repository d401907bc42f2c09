import { existsSync, writeFileSync } from 'node:fs';
import { configFromFlags, loadConfig } from '../../config/load.js';
import { renderTemplate, TEMPLATE_SERVICE, type TemplateService } from '../../config/template.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { DEFAULT_CONFIG, type ServiceOptions } from '../services.js';
import type { Terminal } from '../terminal.js';

/**
 * `init`: writes a commented ninelives.yaml for the built-in model or the service that the flags name, and reads it
 * back the way `up` will. Never overwrites.
 */
export function runInit(
  options: {
    file: string | undefined;
    print: boolean;
    schema: string;
    service: ServiceOptions;
    command: string[];
    env: { [name: string]: string | undefined };
  },
  terminal: Terminal,
): ExitCode {
  const file = options.file ?? DEFAULT_CONFIG;
  const text = renderTemplate({ schema: options.schema, services: [describe(options)] });
  if (options.print) {
    terminal.out(text);
    return EXIT.fine;
  }
  if (existsSync(file)) {
    const hint = `edit it, or write another: ninelives init --config OTHER.yaml`;
    throw new CliError(`${file} is there already and was left as it is`, EXIT.usage, hint);
  }
  writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  const { services } = loadConfig(file, options.env);
  terminal.out(`wrote ${file}: ${services.map((service) => service.name).join(', ')}`);
  terminal.out(`  next: ninelives doctor --config ${file}   then   ninelives up --config ${file}`);
  return EXIT.fine;
}

/** The flags were validated as `up` would; what they name goes into the template. */
function describe(options: { service: ServiceOptions; command: string[] }): TemplateService {
  const { service: flags, command } = options;
  const { config: _file, ...rest } = flags;
  const [service] = configFromFlags({ ...rest, ...(command.length > 0 ? { command } : {}) }).services;
  if (!service) return TEMPLATE_SERVICE;
  const { kind, model } = service.probe;
  if (kind !== 'embeddings' && kind !== 'chat' && kind !== 'completions') {
    throw new CliError(
      `init can't write a probe of kind ${kind}`,
      EXIT.usage,
      'ninelives init, then edit it',
    );
  }
  const { source } = service;
  return {
    name: service.name,
    source: source.type === 'embedder' ? { type: 'embedder' } : source,
    port: service.port ?? TEMPLATE_SERVICE.port,
    kind,
    model,
  };
}
