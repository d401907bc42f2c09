/*
 *   API process (owns the port)                    engine process (holds the model)
 *        │  load ───────────────────────────────────────▶ │
 *        │ ◀─────────────────────────────────────── ready │   or failed
 *        │  batch 1 ────────────────────────────────────▶ │
 *        │ ◀──────────────────────────────────── vectors 1│   or error 1
 *        └── the channel closing is the only "stop": either end's death closes it ──┘
 *
 * Node's 'advanced' serialisation carries typed arrays as raw bytes, so that 384 floats cost 1.5 KB
 * and no number is ever printed or parsed on the way.
 */

/** How token vectors become one text vector. */
export type Pooling = 'mean' | 'cls' | 'last_token';

/** What the engine needs to load a model. Paths are absolute. */
export interface LoadMessage {
  readonly type: 'load';
  readonly modelFile: string;
  readonly threads: number;
  readonly pooling: Pooling;
}

/**
 * One batch: `ids` holds the token ids of all texts one after another, `lengths[i]` how many belong
 * to text i. Padding is the engine's business, so that nothing but content travels.
 */
export interface BatchMessage {
  readonly type: 'batch';
  readonly id: number;
  readonly ids: Int32Array;
  readonly lengths: Int32Array;
}

export type ToEngine = LoadMessage | BatchMessage;

/** `vectors` is row-major [texts x dimensions], each row of unit length; `inferenceMs` is the time in the model. */
export interface VectorsMessage {
  readonly type: 'vectors';
  readonly id: number;
  readonly vectors: Float32Array;
  readonly inferenceMs: number;
}

export type FromEngine =
  | { readonly type: 'ready'; readonly dimensions: number; readonly loadMs: number }
  | { readonly type: 'failed'; readonly message: string }
  | VectorsMessage
  | { readonly type: 'error'; readonly id: number; readonly message: string };
