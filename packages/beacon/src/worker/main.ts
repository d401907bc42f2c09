import { type BeaconConfig, withSecrets } from 'ninelives/dist/src/watch/far-config.js';
import { type Report, runPass } from '../pass.js';
import type { BeaconState, Store } from '../state.js';

/** Put in front of this bundle by `ninelives export cloudflare-worker`. */
declare const BEACON_CONFIG: BeaconConfig;

/** The little of Cloudflare's types that is needed here (developers.cloudflare.com/durable-objects). */
interface Storage {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
}
interface Namespace {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(request: Request): Promise<Response> };
}
type Env = { BEACON: Namespace } & { [name: string]: unknown };

const KEY = 'state';
/** No host: only this Worker can reach the object. */
const PASS = 'https://beacon/pass';
const STATUS = 'https://beacon/status';

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
    this.running ??= this.pass().finally(() => {
      this.running = null;
    });
    return Response.json(await this.running);
  }

  private store(): Store {
    const { storage } = this.context;
    return {
      load: async () => (await storage.get<BeaconState>(KEY)) ?? null,
      save: (state) => storage.put(KEY, state),
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

  /** What was last seen, without secrets; for a person or another monitor. */
  async fetch(_request: Request, env: Env): Promise<Response> {
    return await theOne(env).fetch(new Request(STATUS));
  },
};

function theOne(env: Env) {
  return env.BEACON.get(env.BEACON.idFromName('beacon'));
}

function summary(state: BeaconState | null) {
  if (state === null) return { lastPass: null };
  const { services, lastPassWallMs, outbox } = state;
  return {
    lastPass: new Date(lastPassWallMs ?? 0).toISOString(),
    services: Object.values(services).map(({ service, verdict, incident }) => ({
      service,
      kind: verdict.kind,
      incident: incident?.id ?? null,
    })),
    pagesPending: outbox.length,
  };
}
