import { isHeart } from 'ninelives/dist/src/heartbeat/step.js';
import { firstLine } from 'ninelives/dist/src/notify/attend/attend.js';
import { createOutbox } from 'ninelives/dist/src/notify/outbox.js';
import type { BeaconConfig } from 'ninelives/dist/src/watch/far-config.js';
import { observe, type Vantage, type WatchTarget } from 'ninelives/dist/src/watch/observe.js';
import { watchNotice } from 'ninelives/dist/src/watch/page.js';
import { initialWatchState } from 'ninelives/dist/src/watch/state.js';
import { watchStep } from 'ninelives/dist/src/watch/step.js';
import { armAlarm } from './alarm.js';
import { judgeHearts } from './hearts.js';
import { type Lateness, noteLateness } from './lateness.js';
import { createFarNotifier } from './notifiers.js';
import { forgetOld, keepDecision, outboxRows, pendingRows } from './outbox-rows.js';
import { type BeaconState, initialBeaconState, type Store } from './state.js';

/** What a pass needs of where it runs. */
export interface Place {
  config: BeaconConfig;
  store: Store;
  vantage: Vantage;
  wallMs(): number;
  random(): number;
  sleep(ms: number): Promise<void>;
  after(delayMs: number, run: () => void): () => void;
}

/** What one pass came to: for its log, its summary and its exit code. */
export interface Report {
  layer: string;
  wallMs: number;
  services: { service: string; verdict: string; incident: string | null }[];
  lateness: Lateness;
  /** Pages that have not left yet, and those given up. */
  pending: number;
  gaveUp: BeaconState['gaveUp'];
  /** Why its own dead man's switch could not be put off; null: it was, or there is none. */
  alarm: string | null;
}

/** Looks of one pass at most: the thresholds are small, but a config may say otherwise. */
const LOOKS_MAX = 8;
const BEAT_LIMIT_MS = 10_000;
/** The outbox does not linger: what was not accepted leaves with the next pass. */
const DRAIN_LIMIT_MS = 30_000;

/**
 * One pass: look at every service until it is decided, save, tell, save. The straight line of every layer; a pass that
 * dies in the middle is gone on with by the next one from what was saved.
 */
export async function runPass(place: Place): Promise<Report> {
  const { config, store } = place;
  // What an older version has saved lacks what is new.
  const state = { ...initialBeaconState(), ...(await store.load()) };
  const startedMs = place.wallMs();
  const lateness = noteLateness(state, startedMs, config.everyMs);
  let saving: Promise<void> = Promise.resolve();
  const save = () => {
    saving = saving.then(() => store.save(state));
    return saving;
  };
  await Promise.all(config.targets.map((target) => decide(target, state, place, save)));
  tellLateness(state, lateness, place);
  const at = { wallMs: place.wallMs(), gapMs: lateness.gapMs };
  keepDecision(state, judgeHearts(state, (await store.heard?.()) ?? {}, config, at), told(place));
  forgetOld(state, at.wallMs);
  await save();
  await tell(state, place, save);
  await saving;
  await Promise.all(config.beats.map((url) => beat(url, place)));
  if (await armAlarm(state, place)) await save();
  return {
    layer: config.layer,
    wallMs: startedMs,
    services: Object.values(state.services).map(({ service, verdict, incident }) => ({
      service,
      verdict: verdict.sentence,
      incident: incident?.id ?? null,
    })),
    lateness,
    pending: pendingRows(state).length,
    gaveUp: state.gaveUp,
    alarm: state.alarm.error,
  };
}

async function decide(
  target: WatchTarget,
  state: BeaconState,
  place: Place,
  save: () => Promise<void>,
): Promise<void> {
  const { policy, layer } = place.config;
  for (let looks = 1; looks <= LOOKS_MAX; looks += 1) {
    const { deadlineMs } = policy;
    const attempt = Math.floor(place.wallMs() / 1_000);
    const signal = new AbortController().signal;
    const seen = await observe(target, place.vantage, { deadlineMs, attempt, certificate: true, signal });
    const known = state.services[target.service] ?? initialWatchState(target.service, layer);
    const wallMs = place.wallMs();
    const decision = watchStep(known, seen, { atMs: wallMs, wallMs }, policy);
    state.services[target.service] = decision.state;
    keepDecision(state, decision, told(place));
    await save();
    if (decision.nextMs >= policy.everyMs) return;
    await place.sleep(decision.nextMs);
  }
}

/** Who is told at once. */
function told({ config }: Place): string[] {
  const names = config.notifiers.map(({ name }) => name);
  return firstLine(names, config.paging);
}

/** A scheduler that lets hours pass has left the service unwatched: that is told once it is over. */
function tellLateness(state: BeaconState, { gapMs }: Lateness, place: Place): void {
  const first = Object.values(state.services)[0];
  const { lateAfterMs, everyMs, layer } = place.config;
  if (gapMs === null || gapMs <= lateAfterMs || !first) return;
  const minutes = Math.round(gapMs / 60_000);
  const body = [
    `What:  its scheduler let ${minutes} min pass; it promises every ${Math.round(everyMs / 60_000)} min`,
    `Now:   nothing; when it happens often, let ${layer} run elsewhere`,
  ];
  const wallMs = place.wallMs();
  const title = `${layer} did not look for ${minutes} min`;
  const page = watchNotice(first, `late-${wallMs}`, title, body, wallMs, 'notice');
  keepDecision(state, { incidents: [], pages: [page] }, told(place));
}

/**
 * The outbox of every layer, for as long as a pass may take: fallback, second in line, flapping and maintenance as the config
 * says, and who answered on the phone.
 */
async function tell(state: BeaconState, place: Place, save: () => Promise<void>): Promise<void> {
  const { config, wallMs, random, after } = place;
  const outbox = createOutbox({
    record: outboxRows(state, () => void save(), told(place)),
    notifiers: config.notifiers.map((notifier) => createFarNotifier(notifier, wallMs)),
    // Of services it reminds by itself: watch.remind.
    paging: { ...config.paging, reminds: isHeart },
    clock: { wallMs, after },
    random,
    attemptTimeoutMs: DRAIN_LIMIT_MS / 2,
  });
  let callOff = () => {};
  const late = new Promise<void>((done) => {
    callOff = after(DRAIN_LIMIT_MS, done);
  });
  await Promise.race([outbox.drain(), late]);
  callOff();
  await outbox.stop();
}

/** Tells whoever waits for it that this pass took place; a failure is theirs to notice. */
async function beat(url: string, { vantage }: Place): Promise<void> {
  try {
    const response = await vantage.fetch(url, { method: 'POST', signal: AbortSignal.timeout(BEAT_LIMIT_MS) });
    await response.body?.cancel();
  } catch {
    // Nobody hears it: that is what the other end is there to notice.
  }
}
