import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HeartbeatConfig } from '../config/service.js';
import type { Decision, GuardState } from '../core/decision.js';
import { DEFAULT_POLICY } from '../core/policy.js';
import { initialState } from '../core/state.js';
import { type Ping, parsePing } from '../heartbeat/grammar.js';
import {
  type HeartDecision,
  type HeartState,
  hear,
  heartName,
  initialHeart,
  listen,
  operateHeart,
} from '../heartbeat/step.js';
import { sleep } from '../host/clock.js';
import { systemClock } from '../host/system-clock.js';
import { createCommitter } from './commit.js';
import type { House } from './house.js';

export interface EarOptions {
  config: Pick<HeartbeatConfig, 'listen' | 'from'>;
  /** The name of this layer. */
  layer: string;
  house: Pick<House, 'record' | 'reserve' | 'told'>;
  onPages: () => void;
  onTrouble: (text: string) => void;
  signal: AbortSignal;
  /** Where it listens, once it does. */
  onListening?: (port: number) => void;
}

type KeptHeart = GuardState & { heartbeat?: HeartState };

const BODY_MAX_CHARS = 10_000;
const LISTEN_AGAIN_MS = 60_000;
const TICK_MS = 1_000;

/** Listens to the hearts of others until the signal is aborted: pings in, and a page for a silence longer than its grace. */
export async function openEars(options: EarOptions): Promise<void> {
  const { config, signal } = options;
  const ears = new Map(config.from.map((source) => [source.uuid, createEar(source, options)]));
  const server = createServer((request, response) => {
    answer(request, response, ears).catch(() => response.destroy());
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  server.maxConnections = 64;
  void listenOn(server, options);
  while (!signal.aborted) {
    const quickMs = Math.min(TICK_MS, ...config.from.map(({ graceMs }) => Math.max(10, graceMs / 4)));
    await sleep(quickMs, signal);
    for (const ear of ears.values()) ear.tick();
  }
  server.close();
  server.closeAllConnections();
}

/** A port that is taken is no reason not to guard: it is said, and tried again. */
async function listenOn(server: ReturnType<typeof createServer>, options: EarOptions): Promise<void> {
  const { config, signal, onTrouble } = options;
  const { host, port } = config.listen;
  while (!signal.aborted) {
    try {
      server.listen(port, host);
      await once(server, 'listening');
      const address = server.address();
      if (typeof address === 'object' && address !== null) options.onListening?.(address.port);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      onTrouble(`can't listen for heartbeats on ${host}:${port} (${code}); trying again every minute`);
      await sleep(LISTEN_AGAIN_MS, signal);
    }
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  ears: ReadonlyMap<string, Ear>,
): Promise<void> {
  const ping = parsePing(request.method ?? '', request.url ?? '');
  const ear = ping && ears.get(ping.uuid);
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) if (text.length < BODY_MAX_CHARS) text += chunk;
  if (!ping || !ear) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    return;
  }
  ear.hear(ping, text);
  response.writeHead(200, { 'content-type': 'text/plain' }).end('OK');
}

interface Ear {
  hear(ping: Ping, text: string): void;
  tick(): void;
}

function createEar(source: HeartbeatConfig['from'][number], options: EarOptions): Ear {
  const { house, layer } = options;
  const service = heartName(source.name);
  const stored = house.record.load(service)?.state as KeptHeart | undefined;
  let state = stored?.heartbeat ?? initialHeart(source.name, layer);
  // Silence counts from when we listen: while we were away we could not have heard anything.
  let sinceMs = systemClock.monotonicMs();
  const commit = createCommitter({
    record: house.record,
    service,
    notifiers: house.told,
    policy: DEFAULT_POLICY,
    makeRoom: house.reserve.makeRoom,
    tellWithoutRecord: () => {}, // only a kill would be told so, and there is none
  });
  const at = () => ({ atMs: systemClock.monotonicMs(), wallMs: systemClock.wallMs() });
  const take = (decision: HeartDecision, consumed: number[] = []) => {
    state = decision.state;
    commit(kept(service, decision), consumed);
    if (decision.pages.length > 0) options.onPages();
  };
  return {
    hear(ping, text) {
      if (ping.beat !== 'log') sinceMs = systemClock.monotonicMs();
      take(hear(state, ping, text, at()));
    },
    tick() {
      for (const { id, command, by } of house.record.inbox(service)) {
        take(operateHeart(state, command.type, by, at()), [id]);
      }
      const decision = listen(state, systemClock.monotonicMs() - sinceMs, source.graceMs, at());
      if (decision.pages.length > 0) take(decision);
    },
  };
}

/** As a guard's state, so that status, incidents and dashboard read it. */
function kept(service: string, { state, events, incidents, pages }: HeartDecision): Decision {
  const { verdict, incident, desired } = state;
  const shown: KeptHeart = {
    ...initialState(service, 'watch-only', DEFAULT_POLICY),
    desired,
    verdict,
    incident,
    heartbeat: state,
  };
  return { state: shown, events, incidents, pages, intent: null, closedIntent: null, sample: null };
}
