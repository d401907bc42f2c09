import { availableParallelism } from 'node:os';

/** Everything that can be set; the defaults below say why they are what they are. */
export interface EmbedderConfig {
  readonly model: string;
  readonly revision: string | undefined;
  readonly model_file: string | undefined;
  /** Further names this server answers to, e.g. for clients with a fixed model name. */
  readonly model_aliases: readonly string[];
  /** task_name -> text put before each input. */
  readonly prompts: Readonly<Record<string, string>>;
  readonly limits: {
    readonly max_inputs: number;
    /** `undefined`: the model's own limit. A smaller one is possible, a larger one is not. */
    readonly max_tokens_per_input: number | undefined;
    readonly max_chars_per_input: number;
    readonly max_body_bytes: number;
    readonly max_queue: number;
    readonly drain_ms: number;
  };
  readonly batching: {
    readonly max_batch_tokens: number;
    readonly max_batch_texts: number;
    readonly max_padding_tokens: number;
    readonly max_wait_ms: number;
  };
  readonly engine: { readonly threads: number };
}

/** The defaults: what is served if there is no config file. */
export function defaultConfig(): EmbedderConfig {
  // One core is left for the API process and for whoever watches us; beyond 8 a small model gains nothing.
  const threads = Math.max(1, Math.min(8, availableParallelism() - 1));
  return {
    model: 'sentence-transformers/all-MiniLM-L6-v2',
    revision: undefined,
    model_file: undefined,
    model_aliases: [],
    // MiniLM was trained without instructions: every task gets the bare text.
    prompts: {},
    limits: {
      max_inputs: 2048, // what OpenAI allows
      max_tokens_per_input: undefined,
      max_chars_per_input: 8192, // 16 a token; the worst text of that length holds the event loop 20 ms
      max_body_bytes: 4 * 1024 * 1024,
      max_queue: 4096, // texts: two of the largest requests, or about 8 s of work on one core
      drain_ms: 10_000,
    },
    batching: {
      // Measured: a core is at its best from 64 to 512 tokens a run, and what starting a run costs it is
      // worth 2 to 4 tokens. More cores want more of both.
      max_batch_tokens: 256 * threads,
      max_batch_texts: 32,
      max_padding_tokens: 4 * threads,
      max_wait_ms: 0, // batches fill while the engine is busy; waiting while it is idle only adds latency
    },
    engine: { threads },
  };
}
