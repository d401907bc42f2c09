/** What real work can be asked of an API; the first is the likeliest. */
export type WorkKind = 'embeddings' | 'chat' | 'completions';

/** What a server's own endpoints tell about it. */
export interface Recognised {
  model: string | null;
  /** Empty: it serves nothing that a probe knows how to ask for (a reranker, no model yet). */
  kinds: WorkKind[];
  /** Where the work is asked for, where that is not the usual path. */
  path?: string;
  /** Counters at /metrics that may move exactly when work gets done; which does is found out by asking. */
  counters: string[];
}
