import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardState, Incident, VerdictKind } from '../../src/core/decision.js';
import type { ProcessId } from '../../src/core/types.js';
import { isAlive } from '../../src/host/procfs/processes.js';
import { type FileRecord, openRecord } from '../../src/record/sqlite.js';
import type { Box } from '../e2e/box.js';
import { vectorOf } from './servers/vectors.js';

/** What came of it, from the first moment of the trouble on. Times in ms since then. */
export interface Seen {
  /** Each kind of verdict once, in the order in which they came. */
  verdicts: VerdictKind[];
  /** What the guard said last of each. */
  sentences: { [kind: string]: string };
  /** Kills of a running incarnation by the guard, by the record. */
  kills: number;
  /** Why, in the words of the record. */
  reasons: string[];
  /** When the process was gone that the guard killed last. */
  killedAtMs: number | null;
  /** When a person was first told that something must be done. */
  pagedAtMs: number | null;
  /** Each of those pages, in the words of the record. */
  advice: string[];
  /** What it was told that will happen: a leak. */
  warnings: string[];
  /** When we ourselves got a right answer: of any life, asked only where that can't disturb. */
  servingAtMs: number | null;
  /** The same life from beginning to end. */
  sameLife: boolean;
  incident: Incident | null;
}

/** Looks at a box from outside: its record, its processes, and its answers. */
export interface Watch {
  seen: Seen;
  nowMs(): number;
  /** Looks again. With `ask`, sends real work of our own too. */
  look(ask: boolean): Promise<GuardState>;
  close(): void;
}

/** To be called when the trouble begins, while the box serves. */
export function beginWatch(box: Box): Watch {
  const record: FileRecord = openRecord(`${box.stateDir}/record.db`, { readOnly: true });
  const load = () => {
    const state = record.load('svc')?.state;
    if (!state) throw new Error('the guard has no state');
    return state;
  };
  const first = load().life?.incarnation;
  if (!first) throw new Error('it does not run');
  const firstEvent = record.events({ limit: 1 }).at(-1)?.id ?? 0;
  const startedAtMs = performance.now();
  const nowMs = () => performance.now() - startedAtMs;
  const seen: Seen = {
    verdicts: [],
    sentences: {},
    kills: 0,
    reasons: [],
    killedAtMs: null,
    pagedAtMs: null,
    advice: [],
    warnings: [],
    servingAtMs: null,
    sameLife: true,
    incident: null,
  };
  const doomed: ProcessId[] = [];

  function readEvents(): void {
    const events = record.events({ sinceId: firstEvent });
    for (const event of events) if (event.type === 'verdict') noteVerdict(event.text);
    seen.advice = events.filter((event) => event.type === 'escalated').map((event) => event.text);
    seen.warnings = events.filter((event) => event.type === 'leak').map((event) => event.text);
    if (seen.advice.length + seen.warnings.length > 0) seen.pagedAtMs ??= nowMs();
    const kills = events.filter((event) => event.type === 'kill' && event.text.startsWith('SIGKILL to pid'));
    for (const kill of kills.slice(seen.kills)) {
      seen.reasons.push(kill.text.replace(/^.*? more: /, ''));
      const [main] = (kill.data?.targets ?? []) as ProcessId[];
      if (main) doomed.push(main);
    }
    seen.kills = kills.length;
  }

  function noteVerdict(sentence: string): void {
    const kind = (/^[\w-]+/.exec(sentence)?.[0] ?? 'unknown') as VerdictKind;
    if (!seen.verdicts.includes(kind)) seen.verdicts.push(kind);
    seen.sentences[kind] = sentence;
  }

  return {
    seen,
    nowMs,
    async look(ask) {
      const state = load();
      readEvents();
      if (state.incident || seen.warnings.length > 0) noteVerdict(state.verdict.sentence);
      const last = doomed.at(-1);
      if (last && !isAlive(last)) {
        seen.killedAtMs = nowMs();
        doomed.length = 0;
      }
      if (state.life && state.life.incarnation.invocation !== first.invocation) seen.sameLife = false;
      if (!state.life) seen.sameLife = false;
      seen.incident = record.incidents().at(-1) ?? null;
      // While no life of ours is there, what answers on the port is somebody else.
      const due = ask && state.life !== null && seen.servingAtMs === null;
      if (due && (await answersRight(box.port))) seen.servingAtMs = nowMs();
      return state;
    },
    close: () => record.close(),
  };
}

/** Our own judgement, by our own copy of the right answers. */
export async function answersRight(port: number): Promise<boolean> {
  const text = `is it right at ${Date.now()}?`;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/embeddings`, {
      method: 'POST',
      headers: { connection: 'close' },
      body: JSON.stringify({ input: [text] }),
      redirect: 'manual',
      signal: AbortSignal.timeout(1_000),
    });
    const { data } = (await response.json()) as { data: { embedding: number[] }[] };
    return JSON.stringify(data[0]?.embedding) === JSON.stringify(vectorOf(text));
  } catch {
    return false;
  }
}

export const POLL_MS = 100;

/** Looks again and again until `done` or `limitMs` from now; true when it was done. */
export async function watchUntil(
  watch: Watch,
  limitMs: number,
  ask: boolean,
  done: (state: GuardState) => boolean,
): Promise<boolean> {
  const endMs = watch.nowMs() + limitMs;
  while (watch.nowMs() < endMs) {
    if (done(await watch.look(ask))) return true;
    await sleep(POLL_MS);
  }
  return false;
}
