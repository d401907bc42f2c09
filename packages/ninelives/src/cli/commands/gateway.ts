import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readKeysFile } from '../../config/source/files.js';
import type { RateLimit } from '../../gateway/access/rate.js';
import { type Gateway, startGateway } from '../../gateway/gateway.js';
import { HOLD_LIMITS } from '../../gateway/limits.js';
import type { GatewayPorts } from '../../gateway/ports.js';
import { FRONT_LIMITS } from '../../gateway/proxy/front.js';
import { isLoopback } from '../../gateway/proxy/headers.js';
import { createSdNotify } from '../../host/sd-notify.js';
import { systemClock } from '../../host/system-clock.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { lookAtPort, lookAtUnit } from '../gateway/backend-look.js';
import { inheritedSocket } from '../gateway/inherited.js';
import { isoTime } from '../log.js';
import { clockTime, type Terminal } from '../terminal.js';

export interface GatewayCommandOptions {
  /** `8080` or `HOST:PORT`; loopback unless a host is given. Not used where a supervisor hands us a socket. */
  listen: string;
  /** `http://HOST:PORT` of the model server. */
  upstream: string;
  /** Its unit, for a look at its processes; null: whoever listens on its port. */
  unit: string | null;
  user: boolean;
  /** The private socket (metrics, evidence); null: none. */
  socket: string | null;
  /** `9090` or `HOST:PORT` for Prometheus; null: metrics are on the private socket only. */
  metrics: string | null;
  /** One API key a line; null: nobody is asked for one. */
  keysFile: string | null;
  /** For each key (or address), requests a minute; null: no limit. */
  ratePerMinute: number | null;
  holdMs: number | null;
  bodyMax: number | null;
  /** `chat/completions` may be sent again after a death: each answer is another one. */
  replayChat: boolean;
  json: boolean;
  env: { [name: string]: string | undefined };
}

/** A little below systemd's TimeoutStopSec, which ends what drains too long. */
const DRAIN_MS = 80_000;
const ALIVE_MS = 1_000;
/** sun_path, unix(7), without its final NUL; a longer one would be cut in silence. */
const SOCKET_PATH_MAX = 107;
/** As many at once as a tenth of a minute allows. */
const BURST_SHARE = 0.1;

/** `gateway`: in front of a model server until the signal; then nobody who is here is turned away. */
export async function runGateway(
  options: GatewayCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const upstream = upstreamOf(options.upstream);
  const listen = inheritedSocket(options.env, process.pid) ?? addressOf('--listen', options.listen);
  const log = logTo(terminal, options.json);
  const ports: GatewayPorts = {
    clock: systemClock,
    newId: randomUUID,
    look: lookOf(options, upstream),
    log,
  };
  const gateway = await start(options, { listen, upstream, ports });
  if (gateway.metricsPort !== null) log('metrics', { port: gateway.metricsPort });
  const where = 'fd' in listen ? 'an inherited socket' : `http://${listen.host}:${gateway.port}`;
  log('listening', { on: where, upstream: options.upstream, holdMs: options.holdMs ?? HOLD_LIMITS.holdMs });
  const systemd = createSdNotify(options.env);
  systemd.ready();
  // Its loop turns: that is all that a watchdog need know, since it has no work of its own to get stuck in.
  const alive = setInterval(systemd.alive, ALIVE_MS);
  await aborted(signal);
  log('draining', { requests: gateway.state.requests.size });
  await gateway.drain(DRAIN_MS);
  clearInterval(alive);
  systemd.stop();
  const { ends, arrived } = gateway.state.counts;
  log('ended', { arrived, ...ends });
  return EXIT.fine;
}

async function start(
  options: GatewayCommandOptions,
  parts: { listen: Listen; upstream: Address; ports: GatewayPorts },
): Promise<Gateway> {
  const { listen, upstream, ports } = parts;
  const { holdMs, bodyMax, socket, replayChat } = options;
  if (socket !== null && Buffer.byteLength(socket) > SOCKET_PATH_MAX) {
    const why = `${socket} is longer than the ${SOCKET_PATH_MAX} bytes that a socket's path may have`;
    throw new CliError(
      `the gateway can't listen: ${why}`,
      EXIT.environment,
      '--state DIR, with a shorter one',
    );
  }
  if (socket !== null) mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  try {
    return await startGateway(
      {
        ...{ listen, upstream, replayChat },
        limits: { ...HOLD_LIMITS, ...(holdMs === null ? {} : { holdMs }) },
        front: { ...FRONT_LIMITS, ...(bodyMax === null ? {} : { bodyMax }) },
        keys: keysOf(options.keysFile),
        rate: rateOf(options.ratePerMinute),
        privateSocket: socket,
        metrics: options.metrics === null ? null : addressOf('--metrics', options.metrics),
      },
      ports,
    );
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const hint = code === 'EADDRINUSE' ? freeInstead(error as ListenError, options) : null;
    throw new CliError(`the gateway can't listen: ${message}`, EXIT.environment, hint, { cause: error });
  }
}

interface ListenError extends NodeJS.ErrnoException {
  address?: string;
  port?: number;
}

/** What to say instead, of the three addresses that it listens on. */
function freeInstead({ address, port }: ListenError, { socket, metrics }: GatewayCommandOptions): string {
  if (address === socket) return 'one of this name runs there already: another --name NAME, or --state DIR';
  const ofMetrics = metrics !== null && addressOf('--metrics', metrics).port === port;
  return `ninelives gateway ${ofMetrics ? '--metrics' : '--listen'} PORT, with a free one`;
}

interface Address {
  host: string;
  port: number;
}
type Listen = Address | { fd: number };

/** @throws CliError */
function upstreamOf(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.username !== '' || url.search !== '') {
    const what = `--upstream takes http://HOST:PORT, not '${text}'`;
    throw new CliError(what, EXIT.usage, 'ninelives gateway --upstream http://127.0.0.1:8088');
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 80) };
}

/** @throws CliError */
function addressOf(flag: string, text: string): Address {
  const [, host = '127.0.0.1', port] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new CliError(`${flag} takes PORT or HOST:PORT, not '${text}'`, EXIT.usage);
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function keysOf(file: string | null): string[] {
  if (file === null) return [];
  const read = readKeysFile(file);
  if ('keys' in read) return read.keys;
  throw new CliError(read.problem, EXIT.usage, 'a file with one key a line, chmod 600');
}

function rateOf(perMinute: number | null): RateLimit | null {
  return perMinute === null ? null : { perMinute, burst: Math.max(1, Math.ceil(perMinute * BURST_SHARE)) };
}

function lookOf({ unit, user }: GatewayCommandOptions, { host, port }: Address): GatewayPorts['look'] {
  if (unit !== null) return lookAtUnit(unit, user, port);
  return host === 'localhost' || isLoopback(host) ? lookAtPort(port) : null;
}

function logTo(terminal: Terminal, json: boolean): GatewayPorts['log'] {
  return (event, fields) => {
    const wallMs = systemClock.wallMs();
    if (json) {
      const name = event.replaceAll(' ', '-');
      return terminal.out(JSON.stringify({ time: isoTime(wallMs), level: 'info', event: name, ...fields }));
    }
    const rest = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    terminal.out(`${clockTime(wallMs)}  ${event}${rest.length > 0 ? `  (${rest.join(', ')})` : ''}`);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
}
