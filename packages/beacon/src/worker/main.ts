import { parsePing } from 'ninelives/dist/src/heartbeat/grammar.js';
import { type BeaconConfig, withSecrets } from 'ninelives/dist/src/watch/far-config.js';
import { newerWord, TEXT_MAX_CHARS } from '../hearts.js';
import { pendingRows } from '../outbox-rows.js';
import { type Report, runPass } from '../pass.js';
import type { BeaconState, Heard, Store } from '../state.js';

/** Put in front of this bundle by `ninelives export cloudflare-worker`. */
declare const BEACON_CONFIG: BeaconConfig;

/** The little of Cloudflare's types that is needed here (developers.cloudflare.com/durable-objects). */
interface Storage {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  list<T>(options: { prefix: string }): Promise<Map<string, T>>;
}
interface Namespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(request: Request): Promise<Response> };
}
type Env = { BEACON: Namespace } & { [name: string]: unknown };

const KEY = 'state';
/** Each heart's last word under a key of its own: a ping may come in the middle of a pass, which saves the whole state. */
const HEARD = 'heard/';
/** No host: only this Worker can reach the object. */
const PASS = 'https://beacon/pass';
const STATUS = 'https://beacon/status';
const PING = 'https://beacon/ping/';

/**
 * One object holds the state: it is consistent (KV may give a minute-old value, and a page twice), it takes one pass at a
 * time, and its CPU limit is 30 s where the Worker's own on the free plan is 10 ms. The Worker only wakes it.
 */
export class Beacon {
  private running: Promise<Report> | null = null;

  constructor(
    private readonly context: { storage: Storage },
    private readonly env: Env,
  ) {}

  async fetch(request: Request): Promise<Response> {
    if (request.url === STATUS) return Response.json(summary(await this.store().load()));
    if (request.url.startsWith(PING)) {
      await this.keepWord(
        decodeURIComponent(request.url.slice(PING.length)),
        (await request.json()) as Heard,
      );
      return new Response('OK');
    }
    this.running ??= this.pass().finally(() => {
      this.running = null;
    });
    return Response.json(await this.running);
  }

  private async keepWord(name: string, word: Heard): Promise<void> {
    const { storage } = this.context;
    const kept = newerWord(await storage.get<Heard>(HEARD + name), word);
    if (kept) await storage.put(HEARD + name, kept);
  }

  private store(): Store {
    const { storage } = this.context;
    return {
      load: async () => (await storage.get<BeaconState>(KEY)) ?? null,
      save: (state) => storage.put(KEY, state),
      async heard() {
        const words = await storage.list<Heard>({ prefix: HEARD });
        return Object.fromEntries([...words].map(([key, word]) => [key.slice(HEARD.length), word]));
      },
    };
  }

  private pass(): Promise<Report> {
    return runPass({
      config: withSecrets(BEACON_CONFIG, this.env),
      store: this.store(),
      vantage: {
        fetch: (input, init) => fetch(input, init),
        nowMs: () => Date.now(),
        reach: null,
        resolves: null,
        certificate: null,
      },
      wallMs: () => Date.now(),
      random: Math.random,
      sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
      after(delayMs, run) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    });
  }
}

// biome-ignore lint/style/noDefaultExport: what a Worker exports
export default {
  /** The cron trigger. */
  async scheduled(_event: unknown, env: Env): Promise<void> {
    const report = await (await theOne(env).fetch(new Request(PASS))).json();
    console.log(JSON.stringify(report));
  },

  /** Beats of other layers; else what was last seen, without secrets, for a person or another monitor. */
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const ping = parsePing(request.method, pathname + search);
    if (!ping) return await theOne(env).fetch(new Request(STATUS));
    const { hears } = withSecrets(BEACON_CONFIG, env);
    const heart = hears.find(({ uuid }) => uuid.toLowerCase() === ping.uuid);
    if (!heart) return new Response('not found', { status: 404 });
    const text = (await request.text()).slice(0, TEXT_MAX_CHARS);
    const word: Heard = { ping, text, wallMs: Date.now() };
    const init = { method: 'POST', body: JSON.stringify(word) };
    return await theOne(env).fetch(new Request(PING + encodeURIComponent(heart.name), init));
  },
};

function theOne(env: Env) {
  return env.BEACON.get(env.BEACON.idFromName('beacon'));
}

function summary(state: BeaconState | null) {
  if (state === null) return { lastPass: null };
  const { services, hearts = {}, lastPassWallMs } = state;
  return {
    lastPass: new Date(lastPassWallMs ?? 0).toISOString(),
    services: Object.values(services).map(({ service, verdict, incident }) => ({
      service,
      kind: verdict.kind,
      incident: incident?.id ?? null,
    })),
    hearts: Object.values(hearts).map(({ from, verdict, lastWallMs }) => ({
      from,
      kind: verdict.kind,
      last: lastWallMs === null ? null : new Date(lastWallMs).toISOString(),
    })),
    pagesPending: pendingRows(state).length,
  };
}
