import { existsSync, writeFileSync } from 'node:fs';
import { configFromFlags, loadConfig } from '../../config/load.js';
import { renderTemplate, TEMPLATE_SERVICE, type TemplateService } from '../../config/template.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { type Around, lookAround } from '../init/look-around.js';
import { DEFAULT_CONFIG, type ServiceOptions } from '../services.js';
import type { Terminal } from '../terminal.js';
import { runDoctor } from './doctor.js';

export interface InitOptions {
  file: string | undefined;
  print: boolean;
  schema: string;
  service: ServiceOptions;
  command: string[];
  stateDir: string;
  env: { [name: string]: string | undefined };
  signal: AbortSignal;
}

/**
 * `init`: looks around, and writes a commented ninelives.yaml whose probes have just passed; for what the flags name
 * in full, or where nothing is found, one for that or for the built-in model. Never overwrites. Runs doctor on it.
 */
export async function runInit(options: InitOptions, terminal: Terminal): Promise<ExitCode> {
  const file = options.file ?? DEFAULT_CONFIG;
  if (!options.print && existsSync(file)) {
    const hint = `edit it, or write another: ninelives init --config OTHER.yaml`;
    throw new CliError(`${file} is there already and was left as it is`, EXIT.usage, hint);
  }
  const { services, lines, surroundings } = await found(options);
  const around = surroundings ? { around: surroundings } : {};
  const text = renderTemplate({ schema: options.schema, services, ...around });
  const enabled = services.filter((service) => !service.disabled);
  if (options.print) {
    for (const line of lines) terminal.err(line);
    terminal.out(text);
    return enabled.length > 0 ? EXIT.fine : EXIT.unhealthy;
  }
  for (const line of lines) terminal.out(line);
  writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  if (enabled.length === 0) {
    terminal.out(`wrote ${file}: every service in it is a comment, since no probe has passed`);
    terminal.out(`  next: mend what it says, uncomment a service, then  ninelives doctor --config ${file}`);
    return EXIT.unhealthy;
  }
  terminal.out(`wrote ${file}: ${enabled.map(({ name }) => name).join(', ')}`);
  const config = loadConfig(file, options.env);
  const { stateDir, env } = options;
  const code = await runDoctor(config, { stateDir, env, json: false }, terminal);
  const guarded = enabled.every(({ source }) => source.type === 'unit') ? 'guard' : 'up';
  terminal.out(
    'proposed in it, as comments: who tells you, and two further layers that outlive this machine',
  );
  terminal.out(`  next: ninelives ${guarded} --config ${file}`);
  terminal.out(`  and:  ninelives layers --config ${file}   (after uncommenting them)`);
  return code;
}

/** `--unit` and `--port` say which of the found ones is meant; any other flag says all that is to be written. */
async function found({ service: flags, command, signal }: InitOptions): Promise<Around> {
  const { unit, port, user: _user, config: _config, ...rest } = flags;
  const told = command.length > 0 || Object.keys(rest).length > 0;
  if (told) return { services: [describe(flags, command)], lines: [] };
  const around = await lookAround({ unit, port: port === undefined ? undefined : Number(port) }, signal);
  return around.services.length > 0 ? around : { ...around, services: [describe(flags, command)] };
}

/** The flags were validated as `up` would; what they name goes into the template. */
function describe(flags: ServiceOptions, command: string[]): TemplateService {
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
    ...(flags.url === undefined ? {} : { url: service.probe.url }),
  };
}
