import type { Golden, GoldenStore, ProbeSpec } from '../probe.js';
import {
  type Answer,
  excerpt,
  type Judgement,
  type Kind,
  OK,
  parseObject,
  postJson,
  show,
  wrong,
} from './kind.js';
import { cosine, magnitude, notFinite } from './vector.js';

/** Settings of `kind: embeddings` in ProbeSpec.options. */
export interface EmbeddingsOptions {
  /** At least two different texts; each attempt sends the next two. */
  texts: string[];
  /** Sent as `task_name`, which selects an instruction prefix on servers that know it. */
  taskName: string | null;
  /** Sent as `dimensions`, and then the expected length. */
  dimensions: number | null;
  /** The expected length, not sent. */
  vectorLength: number | null;
  /** Vectors that a person approved, by text. */
  golden: { [text: string]: number[] };
  /** Cosine to golden below this is not the same model, or not a sane one. */
  minCosine: number;
  /** Two different texts must be less alike than this. */
  distinctBelow: number;
}

export const EMBEDDINGS_DEFAULTS: EmbeddingsOptions = {
  // Cheap, so that a probe costs one small batch; unlike each other, so that any real model tells them apart; of
  // different lengths, since a broken kernel or bucket may be wrong for some lengths only.
  texts: [
    'liveness probe',
    'The cat sleeps on the warm windowsill.',
    'Quarterly revenue fell by nine percent, which surprised nobody who had read the report of the spring before.',
    'bread',
    'The comet will return in eighty years.',
    'She tuned the old violin before the concert, wiped the dust from its neck, and laid it back into the case: ' +
      'there was an hour left, the hall was empty, and somewhere behind the stage a kettle began to sing.',
  ],
  taskName: null,
  dimensions: null,
  vectorLength: null,
  golden: {},
  // Batching and quantised kernels move a cosine by about 0.01; corruption was seen at 0.3.
  minCosine: 0.95,
  // A stuck engine gives 1; even models whose vectors all look alike stay below.
  distinctBelow: 0.999,
};

/** The same text twice in one request: the noise of a batch, and no more. */
const SAME_TEXT_MIN = 0.98;

function optionsOf(spec: ProbeSpec): EmbeddingsOptions {
  return { ...EMBEDDINGS_DEFAULTS, ...(spec.options as Partial<EmbeddingsOptions>) };
}

/**
 * Two different texts, and the first once more: swapped or random answers then show. Consecutive attempts
 * share no text (from four texts on), so that a confirmation is not about one poisonous input.
 */
export function textsOf(options: EmbeddingsOptions, attempt: number): [string, string, string] {
  const { texts } = options;
  const first = (((Math.trunc(attempt) * 2) % texts.length) + texts.length) % texts.length;
  const a = texts[first] as string;
  return [a, texts[(first + 1) % texts.length] as string, a];
}

export const embeddings: Kind = {
  name: 'embeddings',
  path: '/v1/embeddings',

  request(spec, attempt) {
    const options = optionsOf(spec);
    return postJson({
      input: textsOf(options, attempt),
      ...(spec.model === null ? {} : { model: spec.model }),
      ...(options.taskName === null ? {} : { task_name: options.taskName }),
      ...(options.dimensions === null ? {} : { dimensions: options.dimensions }),
    });
  },

  judge(answer, spec, { attempt, golden }) {
    const options = optionsOf(spec);
    const texts = textsOf(options, attempt);
    const read = readVectors(answer, texts.length);
    if ('judgement' in read) return read.judgement;
    const bad = judgeShape(read.vectors, options);
    if (bad !== null) return bad;
    const [a, b, again] = read.vectors as [number[], number[], number[]];
    const alike = cosine(a, b);
    if (!(alike < options.distinctBelow)) {
      return wrong(`two different texts have the same vector (cosine ${alike.toFixed(4)})`);
    }
    const same = cosine(a, again);
    if (!(same >= SAME_TEXT_MIN)) {
      return wrong(`one text sent twice has two different vectors (cosine ${same.toFixed(4)})`);
    }
    return judgeGolden([texts[0], texts[1]], [a, b], options.minCosine, golden);
  },
};

/** The vectors in the order of the input: by `index` where the server sends one, else as they come. */
function readVectors(answer: Answer, count: number): { vectors: unknown[][] } | { judgement: Judgement } {
  const parsed = parseObject(answer);
  if ('judgement' in parsed) return parsed;
  const { data, error } = parsed.object;
  if (!Array.isArray(data)) {
    const what = error === undefined ? 'no `data` list' : `an error inside a success: ${show(error)}`;
    return { judgement: wrong(`the answer has ${what}`) };
  }
  if (data.length !== count) {
    return { judgement: wrong(`${count} texts were sent, ${data.length} vectors came back`) };
  }
  const vectors = new Array<unknown[]>(count);
  for (const [position, row] of data.entries()) {
    const index: unknown = row?.index ?? position;
    if (
      typeof index !== 'number' ||
      !Number.isInteger(index) ||
      index < 0 ||
      index >= count ||
      vectors[index] !== undefined
    ) {
      return { judgement: wrong(`the \`index\` of row ${position} is ${show(index, 20)}`) };
    }
    if (!Array.isArray(row?.embedding)) {
      return { judgement: wrong(`row ${position} has no \`embedding\` list`) };
    }
    vectors[index] = row.embedding;
  }
  return { vectors };
}

function judgeShape(vectors: unknown[][], options: EmbeddingsOptions): Judgement | null {
  const expected = options.dimensions ?? options.vectorLength ?? vectors[0]?.length ?? 0;
  for (const [i, vector] of vectors.entries()) {
    if (vector.length === 0) return wrong(`vector ${i} is empty`);
    if (vector.length !== expected) {
      return wrong(`vector ${i} has ${vector.length} numbers, expected ${expected}`);
    }
    const broken = notFinite(vector);
    if (broken > 0) {
      const first = vector.find((value) => !Number.isFinite(value));
      const shown = first === null ? 'NaN (null)' : typeof first === 'number' ? 'infinite' : show(first, 20);
      return wrong(`vector ${i} has ${broken} of ${vector.length} values that are not numbers: ${shown}`);
    }
    if (magnitude(vector as number[]) === 0) return wrong(`vector ${i} is all zeros`);
  }
  return null;
}

/** Compares with golden, and offers the answers only when all of them are right. */
function judgeGolden(texts: string[], vectors: number[][], minCosine: number, store: GoldenStore): Judgement {
  for (const [i, text] of texts.entries()) {
    const golden = store.get(text);
    const far = golden === null ? null : distance(golden, vectors[i] as number[], minCosine);
    if (golden === null || far === null) continue;
    const what = `the vector of "${excerpt(text, 30)}" ${far}`;
    if (golden.source === 'provisional') return wrong(`${what} this process's own first answer`);
    if (golden.matched) return wrong(`${what} the approved one, which this process gave before`);
    return {
      reason: 'drift',
      detail: `${what} the approved one since this process started: another model, or approve the new vectors`,
    };
  }
  for (const [i, text] of texts.entries()) store.offer(text, vectors[i] as number[]);
  return OK;
}

function distance(golden: Golden, vector: number[], minCosine: number): string | null {
  if (golden.vector.length !== vector.length) {
    return `has ${vector.length} numbers, not the ${golden.vector.length} of`;
  }
  const near = cosine(golden.vector, vector);
  return near >= minCosine ? null : `has cosine ${near.toFixed(3)} (below ${minCosine}) to`;
}
