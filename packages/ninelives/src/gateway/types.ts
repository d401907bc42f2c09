/**
 * The vocabulary of holding: what comes in (HoldEvent), what is kept (see hold/state.ts), what goes out (Command).
 * `atMs` is monotonic. A *copy* is one sending of a request to the backend; a *life* is the time between two deaths
 * of the backend, as far as this process can see them.
 */

/** Who may send a request again, and when. */
export type Replay =
  /** Doing it twice does no harm: again after a death, as long as no byte of an answer has gone out. */
  | 'whole'
  /** Only while the backend has certainly not begun it: refused connections and 503. */
  | 'unsent';

/** One request that wants in, body already whole in memory. */
export interface Arrival {
  id: number;
  /** Whom to be fair to: a key, or an address. */
  client: string;
  /** `POST /v1/embeddings`; a bounded set, since durations are learnt by it. */
  route: string;
  /** Body bytes. */
  bytes: number;
  /** Is it work for the model? What else a server answers, it answers in its sleep. */
  work: boolean;
  replay: Replay;
  /** Names the content (route and body), the same for the same input. Asked for only when somebody is suspected. */
  fingerprint(): string;
}

/** How a copy ended without an answer. */
export type CopyFailure =
  /** No connection: the backend never saw it. */
  | 'refused'
  /** The connection ended before a whole answer. */
  | 'cut'
  /** What came back is not HTTP that we accept. */
  | 'invalid';

/**
 * Whose a death is. `guard`: it killed for something that no request can be blamed for (wrong answers); `hang`: it ended
 * what hung, which alone of all these leaves a suspicion, since what hangs may hang because of a request.
 */
export type Killer = 'drill' | 'operator' | 'kernel' | 'guard' | 'hang';

export type HoldEvent = { atMs: number } & (
  | { type: 'arrived'; request: Arrival }
  /** The first byte of the answer is about to go out: from here on it can't be sent again. */
  | { type: 'streaming'; id: number }
  /** The whole answer is here (or has gone through); `right` is a 2xx, from which durations are learnt. */
  | { type: 'answered'; id: number; right: boolean }
  /** The backend said 503, and means "not now". */
  | { type: 'unavailable'; id: number; retryAfterMs: number | null }
  | { type: 'failed'; id: number; how: CopyFailure }
  | { type: 'client-gone'; id: number }
  | { type: 'canary'; alive: boolean }
  /**
   * One look at the backend's processes. `cpuMs`: what they used so far, null when they can't be seen.
   * `incarnation`: whose socket listens, null when nobody's or not known. `life`: as it was when the look began.
   */
  | { type: 'looked'; life: number; cpuMs: number | null; incarnation: string | null }
  /** About the death that is to come, or the one just seen. */
  | { type: 'told'; by: Killer; death: 'next' | 'last' }
  | { type: 'tick' }
);

/** Why a request was refused; `refusals.ts` has the words, and the limit behind each. */
export type Refusal =
  | 'share-full'
  | 'queue-full'
  | 'bytes-full'
  | 'overloaded'
  | 'hold-time'
  | 'answer-time'
  | 'attempts'
  | 'lost'
  | 'invalid-answer'
  | 'cut-mid-stream'
  | 'quarantined';

/** I9: how a request ended. Exactly one, for every request that arrived. */
export type End = 'answered' | 'replayed' | 'refused' | 'client-gone';

export type Command =
  /** Send a copy; the first or, after a death, one more. */
  | { type: 'send'; id: number }
  /** Let the answer out that came in whole. */
  | { type: 'answer'; id: number }
  | { type: 'refuse'; id: number; why: Refusal; retryAfterMs: number }
  /** Close the connection of the copy that is on its way; nobody waits for it any more. */
  | { type: 'cancel'; id: number }
  /** Ask the backend for a small piece of real work, on a connection of its own. */
  | { type: 'canary' }
  /** A request that killed the backend twice, alone: for the log; its text is never told. */
  | { type: 'convicted'; fingerprint: string; bytes: number; route: string };

/** May the backend get traffic? Readiness; whether it must be killed is the guard's question, and not answered here. */
export type Readiness = 'unknown' | 'ready' | 'suspect' | 'down';
