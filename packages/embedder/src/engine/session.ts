import { createRequire } from 'node:module';
import type * as OnnxRuntime from 'onnxruntime-node';
import { normalizeInPlace, poolAndNormalize } from './pooling.js';
import type { LoadMessage } from './protocol.js';

// `require`, since importing a CommonJS package makes Node search its text for exports: 8 ms of every restart.
const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntime;
type InferenceSession = OnnxRuntime.InferenceSession;
type Tensor = OnnxRuntime.Tensor;

/** A loaded model: token ids in, unit vectors out. */
export interface EmbeddingSession {
  readonly dimensions: number;
  /** `ids` and `lengths` as in BatchMessage. Blocks this process's event loop while it computes. */
  run(ids: Int32Array, lengths: Int32Array): Promise<Float32Array>;
}

/** The inputs that an encoder can be fed from token ids alone. */
const KNOWN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];

/** Loads the model. The length of its vectors is read from it where it says so, else measured. */
export async function openSession(spec: Omit<LoadMessage, 'type'>): Promise<EmbeddingSession> {
  const session = await InferenceSession.create(spec.modelFile, {
    executionMode: 'sequential',
    intraOpNumThreads: spec.threads,
    interOpNumThreads: 1,
    // Spinning threads would burn the very cores that the API process needs, and make an idle engine look busy.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
  const foreign = session.inputNames.filter((name) => !KNOWN_INPUTS.includes(name));
  if (foreign.length > 0) {
    throw new Error(`the model wants inputs that an encoder has not: ${foreign.join(', ')}`);
  }
  const output = outputName(session);
  const run = async (ids: Int32Array, lengths: Int32Array): Promise<Float32Array> => {
    const width = Math.max(...lengths);
    const result = (await session.run(feeds(session, ids, lengths, width)))[output];
    if (result?.type !== 'float32') throw new Error(`output ${output} is ${result?.type}, expected float32`);
    const hidden = result.data as Float32Array;
    const dimensions = result.dims[result.dims.length - 1] ?? 0;
    if (result.dims.length === 3) return poolAndNormalize(hidden, lengths, width, dimensions, spec.pooling);
    const vectors = Float32Array.from(hidden);
    for (let at = 0; at < vectors.length; at += dimensions)
      normalizeInPlace(vectors.subarray(at, at + dimensions));
    return vectors;
  };
  const stated = session.outputMetadata.find((meta) => meta.name === output);
  const last = stated?.isTensor === true ? stated.shape.at(-1) : undefined;
  // A run at this point would only delay the first answer by its own length.
  const dimensions =
    typeof last === 'number' ? last : (await run(Int32Array.of(0, 0), Int32Array.of(2))).length;
  return { dimensions, run };
}

/** Exports name their output differently; the token-level one is preferred since pooling is then ours to state. */
function outputName(session: InferenceSession): string {
  const wanted = ['last_hidden_state', 'token_embeddings', 'sentence_embedding'];
  const name = wanted.find((candidate) => session.outputNames.includes(candidate)) ?? session.outputNames[0];
  if (name === undefined) throw new Error('the model has no outputs');
  return name;
}

function feeds(session: InferenceSession, ids: Int32Array, lengths: Int32Array, width: number) {
  const dims = [lengths.length, width];
  const size = lengths.length * width;
  const inputIds = new BigInt64Array(size);
  const mask = new BigInt64Array(size);
  let from = 0;
  for (let text = 0; text < lengths.length; text += 1) {
    const length = lengths[text] ?? 0;
    const row = text * width;
    for (let token = 0; token < length; token += 1) {
      inputIds[row + token] = BigInt(ids[from + token] ?? 0);
      mask[row + token] = 1n;
    }
    from += length;
  }
  const data: Record<string, () => BigInt64Array> = {
    input_ids: () => inputIds,
    attention_mask: () => mask,
    token_type_ids: () => new BigInt64Array(size),
    position_ids: () => BigInt64Array.from({ length: size }, (_, at) => BigInt(at % width)),
  };
  const tensors: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    const values = data[name]?.();
    if (values !== undefined) tensors[name] = new Tensor('int64', values, dims);
  }
  return tensors;
}
