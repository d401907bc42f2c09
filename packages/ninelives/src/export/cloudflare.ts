import { ExportError, type FarLayer } from './far-layer.js';
import { secretsSection, withConfig } from './folder.js';

/** Of the free plan (developers.cloudflare.com/workers/platform/limits): requests that one invocation may make. */
const SUBREQUESTS = 50;

/** A Worker with a cron trigger and one Durable Object, as `wrangler deploy` takes it. */
export function cloudflareFolder(far: FarLayer, bundle: string): { [path: string]: string } {
  const { beacon } = far;
  const needed = subrequestsOf(far);
  if (needed > SUBREQUESTS) {
    throw new ExportError(
      `one pass may need ${needed} requests, and the free plan allows ${SUBREQUESTS}`,
      'fewer services, control targets or notifiers in this layer',
    );
  }
  const minutes = Math.min(59, Math.max(1, Math.round(beacon.everyMs / 60_000)));
  const wrangler = {
    name: `ninelives-${beacon.layer}`,
    main: 'worker.js',
    // worker.js is one module already.
    no_bundle: true,
    compatibility_date: '2026-04-01',
    // Beats of other layers come in at its address; without them nobody need reach it.
    workers_dev: beacon.hears.length > 0,
    triggers: { crons: [`*/${minutes} * * * *`] },
    durable_objects: { bindings: [{ name: 'BEACON', class_name: 'Beacon' }] },
    // SQLite-backed: the kind that the free plan has.
    migrations: [{ tag: 'v1', new_sqlite_classes: ['Beacon'] }],
    observability: { enabled: true },
  };
  return {
    'worker.js': withConfig(beacon, bundle),
    'wrangler.json': `${JSON.stringify(wrangler, null, 2)}\n`,
    'README.md': readme(far, needed),
  };
}

/** At the worst: every look fails, and an opening page and a notice go to every notifier. */
export function subrequestsOf({ beacon }: FarLayer): number {
  const { targets, notifiers, beats, alarm, policy } = beacon;
  const looks = Math.max(policy.failureThreshold, policy.successThreshold);
  const requests = targets.reduce((sum, { controls }) => sum + looks * (1 + controls.length), 0);
  return requests + 2 * targets.length * notifiers.length + beats.length + (alarm ? 1 : 0);
}

function readme(far: FarLayer, needed: number): string {
  return `# ${far.beacon.layer}: an off-site layer of ninelives, as a Cloudflare Worker

\`\`\`sh
npx wrangler deploy
\`\`\`

${secretsSection(far, (name) => `npx wrangler secret put ${name}`)}
It runs by its cron trigger (UTC; up to 15 minutes until a change of it takes effect), keeps its state in one Durable Object,
and needs at most ${needed} of the ${SUBREQUESTS} requests that the free plan allows one invocation. The look itself runs in the object, whose
CPU limit is 30 s; the Worker, with 10 ms, only wakes it.

${hearing(far)}Take another place when the service's tunnel is Cloudflare's too: then these two are one layer (\`ninelives layers\`).
Cron triggers have stopped without an error: let somebody wait for its beat (\`heard_by: [healthchecks.io]\`).
`;
}

function hearing({ beacon }: FarLayer): string {
  if (beacon.hears.length === 0) return '';
  const names = beacon.hears.map(({ name }) => name).join(', ');
  return `It hears ${names}: each beats to https://ninelives-${beacon.layer}.YOUR-SUBDOMAIN.workers.dev/ping/UUID, with the UUID that is its
secret here (\`uuidgen\`). Silence is judged by each pass, so it is told up to one pass after its grace.

`;
}
