import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Batcher } from '../batch/batcher.js';
import type { TextEncoder } from '../batch/text-encoder.js';
import { parseEmbeddingsRequest } from './embeddings-request.js';
import { embeddingsBody, truncate } from './embeddings-response.js';
import type { ApiRequest, Reply, Routes } from './http-server.js';
import type { Metrics } from './metrics.js';
import { ApiError, badRequest } from './openai-error.js';

/** What is there once the model has been loaded. */
export interface LoadedModel {
  readonly encoder: TextEncoder;
  readonly batcher: Batcher;
  readonly dimensions: number;
  /** Tokens, special ones included: the configured limit or the model's own, whichever is less. */
  readonly maxTokensPerInput: number;
}

export interface RouteOptions {
  readonly modelId: string;
  readonly servesModel: (name: string) => boolean;
  /** task_name -> text put before each input. */
  readonly prompts: Readonly<Record<string, string>>;
  readonly maxInputs: number;
  readonly maxCharsPerInput: number;
  readonly metrics: Metrics;
  readonly enginePid: number;
  readonly createdS: number;
  /** `undefined` while the model loads; `progress` says in words how far that is. */
  loaded(): LoadedModel | undefined;
  progress(): string;
}

/** Texts are tokenised in slices of about this many characters (1 ms of English, 10 ms of the worst), then others get their turn. */
const CHARS_A_TURN = 4096;

/** The API: the three cheap endpoints never wait for the engine, and that is their point. */
export function createRoutes(options: RouteOptions): Routes {
  const ok = JSON.stringify({ status: 'ok' });
  return {
    '/health': { GET: () => ({ status: 200, body: ok }) },
    '/v1/models': {
      GET: () => ({ status: 200, body: JSON.stringify({ object: 'list', data: [modelObject(options)] }) }),
    },
    ...Object.fromEntries(
      // As a client library writes it into the path, and as a person does.
      [encodeURIComponent(options.modelId), options.modelId].map((id) => [
        `/v1/models/${id}`,
        { GET: () => ({ status: 200, body: JSON.stringify(modelObject(options)) }) },
      ]),
    ),
    '/metrics': { GET: () => metricsReply(options) },
    '/v1/embeddings': { POST: (request) => embed(request, options) },
  };
}

function modelObject(options: RouteOptions) {
  return {
    id: options.modelId,
    object: 'model',
    created: options.createdS,
    owned_by: 'ninelives',
    max_model_len: options.loaded()?.maxTokensPerInput ?? null,
    dimensions: options.loaded()?.dimensions ?? null,
  };
}

async function metricsReply(options: RouteOptions): Promise<Reply> {
  const model = options.loaded();
  const { contentType, text } = await options.metrics.render({
    loading: model === undefined,
    ...(model?.batcher.depth() ?? { queued: 0, running: 0 }),
    model: options.modelId,
    dimensions: model?.dimensions ?? 0,
    enginePid: options.enginePid,
  });
  return { status: 200, body: text, contentType };
}

async function embed(request: ApiRequest, options: RouteOptions): Promise<Reply> {
  const body = await request.json();
  const model = options.loaded();
  if (model === undefined) {
    throw new ApiError(503, `The model is not ready yet: ${options.progress()}.`, {
      type: 'service_unavailable',
      code: 'model_loading',
      retryAfterS: 1,
    });
  }
  const wanted = parseEmbeddingsRequest(body, {
    ...options,
    vocabularySize: model.encoder.vocabularySize,
    nativeDimensions: model.dimensions,
  });
  // Before any tokenising: a full or wedged server refuses at the least cost.
  if (!model.batcher.hasRoom(wanted.inputs.length)) throw queueFull();
  const prefix = promptOf(options.prompts, wanted.taskName);
  const texts = await encodeAll(wanted.inputs, prefix, model, request.signal);
  const answer = model.batcher.submit(texts, request.signal);
  if (answer === undefined) throw queueFull();
  const embedded = truncate(await answer, wanted.dimensions);
  const promptTokens = texts.reduce((sum, ids) => sum + ids.length, 0);
  const { modelId } = options;
  return {
    status: 200,
    body: await embeddingsBody(embedded, { encoding: wanted.encoding, model: modelId, promptTokens }),
  };
}

function queueFull(): ApiError {
  return new ApiError(429, 'Too many texts are waiting for the engine already; try again shortly.', {
    type: 'rate_limit_error',
    code: 'queue_full',
    retryAfterS: 1,
  });
}

/** An unknown task means no prefix: the same client then works against any model. */
function promptOf(prompts: Readonly<Record<string, string>>, taskName: string | undefined): string {
  if (taskName === undefined || !Object.hasOwn(prompts, taskName)) return '';
  return prompts[taskName] ?? '';
}

/*
 * Tokenising happens here and not in the engine: 30 µs a text is a hundredth of its inference, it
 * overlaps with the engine's work, and a text that is too long gets its 400 even from a wedged server.
 */
async function encodeAll(
  inputs: readonly (string | readonly number[])[],
  prefix: string,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<Int32Array[]> {
  const texts: Int32Array[] = [];
  let chars = 0;
  for (const [at, input] of inputs.entries()) {
    const ids =
      typeof input === 'string'
        ? model.encoder.encodeText(prefix + input)
        : model.encoder.encodeTokens(input, prefix);
    if (ids.length > model.maxTokensPerInput) {
      throw badRequest(
        `'input${inputs.length > 1 ? `[${at}]` : ''}' has ${ids.length} tokens; this server takes at most ${model.maxTokensPerInput} a text and never cuts one silently.`,
        'input',
        'context_length_exceeded',
      );
    }
    texts.push(ids);
    chars += input.length;
    if (chars < CHARS_A_TURN) continue;
    chars = 0;
    await nextTurn();
    signal.throwIfAborted();
  }
  return texts;
}
