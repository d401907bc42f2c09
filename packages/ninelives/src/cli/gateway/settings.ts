import { DEFAULT_GATEWAY } from '../../config/defaults.js';
import type { Config, ServiceConfig } from '../../config/service.js';
import { gatewaySocket } from '../../gateway/place.js';
import type { GatewayCommandOptions } from '../commands/gateway.js';
import { CliError, EXIT } from '../errors.js';
import { durationOf } from '../table/flags.js';

/** The flags of `ninelives gateway`; each goes before what a config file says. */
export interface GatewayFlags {
  listen?: string;
  metrics?: string;
  upstream?: string;
  keysFile?: string;
  perMinute?: string;
  hold?: string;
  bodyMax?: string;
  replayChat?: boolean;
  name?: string;
  unit?: string;
  user?: boolean;
  json?: boolean;
}

/** Without a service in a config: what can be said by flags alone. @throws CliError */
export function gatewayOptions(
  flags: GatewayFlags,
  service: ServiceConfig | null,
  world: { stateDir: string; env: GatewayCommandOptions['env'] },
): GatewayCommandOptions {
  const set = service?.gateway ?? DEFAULT_GATEWAY;
  const unit = service?.source.type === 'unit' ? service.source : null;
  const name = flags.name ?? service?.name ?? flags.unit?.replace(/\.service$/, '') ?? 'gateway';
  return {
    listen: flags.listen ?? `${set.host}:${set.port}`,
    upstream: flags.upstream ?? (service ? new URL(service.probe.url).origin : 'http://127.0.0.1:8088'),
    unit: flags.unit ?? unit?.unit ?? null,
    user: flags.user ?? unit?.user ?? false,
    socket: gatewaySocket(world.stateDir, name),
    metrics: flags.metrics ?? null,
    keysFile: flags.keysFile ?? set.keysFile,
    ratePerMinute: numberOf('--per-minute', flags.perMinute) ?? set.perMinute,
    holdMs: flags.hold === undefined ? set.holdMs : durationOf('--hold', flags.hold),
    bodyMax: numberOf('--body-max', flags.bodyMax) ?? set.bodyMax,
    replayChat: flags.replayChat ?? set.replayChat,
    json: flags.json ?? false,
    env: world.env,
  };
}

/** Which of the config's services? @throws CliError when that is not clear. */
export function serviceNamed({ services }: Config, name: string | undefined): ServiceConfig {
  const found = name === undefined ? services : services.filter((service) => service.name === name);
  const [service] = found;
  if (service && found.length === 1) return service;
  const names = services.map((one) => one.name).join(', ');
  const what = name === undefined ? 'in front of which service?' : `there is no service ${name}`;
  throw new CliError(what, EXIT.usage, `--name, one of: ${names}`);
}

/** @throws CliError */
function numberOf(flag: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new CliError(`${flag} takes a whole number from 1, not '${text}'`, EXIT.usage);
}

/** `--gateway-port N` and `--no-gateway` of `up`; they go before what a config file says. @throws CliError */
export function withGatewayFlags(
  config: Config,
  { gateway, gatewayPort }: { gateway?: boolean; gatewayPort?: string },
): Config {
  if (gateway === false) {
    return { ...config, services: config.services.map((service) => ({ ...service, gateway: null })) };
  }
  const port = numberOf('--gateway-port', gatewayPort);
  if (port === null) return config;
  const [service] = config.services;
  if (!service || config.services.length > 1) {
    const what = '--gateway-port is for one service, and there are several';
    throw new CliError(what, EXIT.usage, 'give each its own in the file: gateway: { port: N }');
  }
  if (port > 65_535 || port === service.port) {
    const why = port === service.port ? 'is the port of the service itself' : 'is no port number';
    throw new CliError(`--gateway-port ${port} ${why}`, EXIT.usage, 'take a free one, such as 8081');
  }
  const gatewaySettings = { ...(service.gateway ?? DEFAULT_GATEWAY), port };
  return { ...config, services: [{ ...service, gateway: gatewaySettings }] };
}
