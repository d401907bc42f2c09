import type { GuardKind, VerdictKind } from './decision.js';
import type { Policy } from './policy.js';

/**
 * nothing     it is well, or not known to be ill
 * patience    waits for `limit`; when that is used up without a change it is hung (loading: stuck)
 * kill        a loss that a SIGKILL mends
 * page        a loss that only a person mends: told at once, nothing is touched
 * supervisor  a loss that the supervisor is mending: its story is told when it is over
 */
export type Follows = 'nothing' | 'patience' | 'kill' | 'page' | 'supervisor';

/** One verdict: what is seen, how long that may be, and what follows. */
export interface VerdictRow {
  seen: string;
  /** The setting that says how long, by its name in Policy. */
  limit?: keyof Policy;
  /** How long, in words, where it is not that setting alone. */
  patience?: string;
  follows: Follows;
}

/**
 * The table: every verdict, first match first. `verdict.ts` and `silence.ts` ask the questions in this order and take
 * each patience from here; what is a loss, what is killed and what is paged follow from the last column. The page
 * "Verdicts" of DESIGN.md is this table, kept equal by a test.
 */
export const VERDICTS: Readonly<Record<GuardKind, VerdictRow>> = {
  unseen: { seen: 'nobody has looked yet', follows: 'nothing' },
  failed: { seen: 'its supervisor gave up restarting it', follows: 'page' },
  stopped: { seen: 'it ended cleanly, or an operator stopped it', follows: 'page' },
  dead: { seen: 'the main process ended; its supervisor restarts it', follows: 'supervisor' },
  unkillable: { seen: 'it is still there after SIGKILL', follows: 'page' },
  masked: { seen: 'somebody else answers on its port', follows: 'page' },
  misconfigured: {
    seen: 'our request is refused: 400, 401, 403, 404, 405, 422, a redirect, TLS, a wrong content type',
    follows: 'page',
  },
  drift: {
    seen: 'sane answers, far from golden since its very first one: another model or quantisation',
    follows: 'page',
  },
  frozen: { seen: 'silent, and the main process is stopped (T)', patience: 'at once', follows: 'kill' },
  hung: {
    seen:
      'silent, and a child of the crew is stopped, dead or gone; or a counter or the gateway shows that nothing ' +
      'completes and nothing moves; or the patience of a row below is used up',
    patience: 'at once',
    follows: 'kill',
  },
  stalled: {
    seen: 'silent, the doers at work, the cheap endpoints silent too: its event loop is blocked',
    limit: 'jamPatienceMs',
    follows: 'patience',
  },
  busy: {
    seen:
      'silent, the doers at work (CPU, I/O, GPU), or other work completes, or by the gateway a client’s takes no longer ' +
      'than its like; 429; 503 after start-up',
    limit: 'busyLimitMs',
    patience: 'while work completes: for ever',
    follows: 'patience',
  },
  opaque: {
    seen: 'silent, no counter, no gateway, and its work can’t be seen from here',
    limit: 'opaquePatienceMs',
    patience: 'or 3 × the longest it ever needed, if that is more',
    follows: 'patience',
  },
  suspect: {
    seen: 'fewer failures than count; or silent, and nothing at all moves where all can be seen',
    limit: 'idlePatienceMs',
    follows: 'patience',
  },
  full: {
    seen: '429 without one right answer, ours or (where it can be seen) anybody’s, for `busy_limit`',
    follows: 'page',
  },
  wrong: {
    seen: 'answers, but not right: NaN, null, zero, constant, wrong length, far from what it gave before',
    patience: '3 of the last 5 answers',
    follows: 'kill',
  },
  erroring: {
    seen: 'fast 5xx (a poisoned CUDA context); failures with answers in between; 503 for longer than a jam',
    patience: '3 of 5; in between 6 of 10',
    follows: 'kill',
  },
  loading: {
    seen: 'no answer yet: within its grace, or CPU, memory or I/O move',
    limit: 'startupGraceMs',
    patience: 'and for as long as it moves',
    follows: 'patience',
  },
  'stuck-loading': {
    seen: 'no answer yet, the grace is over and nothing moves',
    limit: 'startupStallMs',
    follows: 'kill',
  },
  unknown: { seen: 'it could not be looked at from here', follows: 'nothing' },
  serving: { seen: 'the last real work was answered right', follows: 'nothing' },
};

const KINDS = Object.keys(VERDICTS) as GuardKind[];

function kindsThat(...follows: Follows[]): ReadonlySet<VerdictKind> {
  return new Set(KINDS.filter((kind) => follows.includes(VERDICTS[kind].follows)));
}

/** Kinds that are a loss of service: an incident is open for as long as one of them lasts. */
export const LOSS = kindsThat('kill', 'page', 'supervisor');

/** What a SIGKILL mends. Everything else is a person's, and says so in a page. */
export const KILLABLE = kindsThat('kill');

/** How long this may be seen before it counts as hung, ms; 0 where it acts at once. */
export function patienceMs(kind: GuardKind, policy: Policy): number {
  const { limit } = VERDICTS[kind];
  return limit === undefined ? 0 : policy[limit];
}
