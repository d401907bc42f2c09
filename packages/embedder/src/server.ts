import type { Server } from 'node:http';
import { createHttpServer } from './api/http-server.js';
import { createMetrics } from './api/metrics.js';
import { createRoutes, type LoadedModel } from './api/routes.js';
import type { EmbedderConfig } from './config/config.js';
import type { EngineProcess } from './engine/engine-process.js';
import { EmbedderError, messageOf } from './errors.js';
import type { Log } from './log.js';
import { servedNames } from './model/catalogue.js';
import type { LocalModel } from './model/local-model.js';

export interface ServerOptions {
  readonly config: EmbedderConfig;
  readonly host: string;
  readonly port: number;
  readonly engine: EngineProcess;
  readonly model: { readonly id: string; readonly aliases: readonly string[] };
  readonly log: Log;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** In words, how far getting the model is. */
  readonly progress: () => string;
}

export interface RunningServer {
  readonly port: number;
  /** Gives the model to the engine; from then on /v1/embeddings answers. */
  load(model: LocalModel): Promise<void>;
  /** Stops listening and waits for the answers under way, at most `limitMs`. */
  drain(limitMs: number): Promise<{ unanswered: number }>;
}

/** Listens at once and answers the cheap endpoints; the model may come later. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, engine, log } = options;
  const metrics = createMetrics();
  let loaded: LoadedModel | undefined;
  let open = 0;
  let draining = false;
  const server = createHttpServer({
    routes: createRoutes({
      modelId: options.model.id,
      servesModel: servedNames(options.model.id, [...options.model.aliases, ...config.model_aliases]),
      prompts: config.prompts,
      // A request that the queue could never hold is the client's to change (400), not to try again (429).
      maxInputs: Math.min(config.limits.max_inputs, config.limits.max_queue),
      maxCharsPerInput: config.limits.max_chars_per_input,
      metrics,
      enginePid: engine.pid,
      createdS: Math.floor(options.wallMs() / 1000),
      loaded: () => loaded,
      progress: options.progress,
    }),
    maxBodyBytes: config.limits.max_body_bytes,
    log,
    requestDone: metrics.requestDone,
    nowMs: options.nowMs,
  });
  server.on('request', (_, response) => {
    open += 1;
    response.on('close', () => {
      open -= 1;
      // Its connection is idle only after this event; kept alive, it would hold up the end for the whole limit.
      if (draining) setImmediate(() => server.closeIdleConnections());
    });
  });
  const port = await listen(server, options.host, options.port);
  return {
    port,
    load: async (model) => {
      loaded = await loadModel(model, options, metrics);
    },
    drain: async (limitMs) => {
      draining = true;
      await closeWithin(server, limitMs);
      return { unanswered: open };
    },
  };
}

async function loadModel(
  model: LocalModel,
  { config, engine }: ServerOptions,
  metrics: ReturnType<typeof createMetrics>,
): Promise<LoadedModel> {
  const ready = engine.load({
    modelFile: model.modelFile,
    threads: config.engine.threads,
    pooling: model.pooling,
  });
  // Handled below; without this a failing tokenizer would turn the engine's later answer into an unhandled rejection.
  ready.catch(() => undefined);
  const failed = (part: string) => (error: unknown) => {
    throw new EmbedderError(
      'ENGINE_LOAD_FAILED',
      `the ${part} of ${model.dir} cannot be loaded: ${messageOf(error)}`,
      'ninelives-embedder --fetch-only   (verifies every file, and fetches damaged ones again)',
      error,
    );
  };
  const { loadTextEncoder } = await import('./batch/text-encoder.js');
  const { createBatcher } = await import('./batch/batcher.js');
  const encoder = await loadTextEncoder(model.dir).catch(failed('tokenizer'));
  const { dimensions } = await ready.catch(failed('model'));
  const batcher = createBatcher({
    maxTokens: config.batching.max_batch_tokens,
    maxTexts: config.batching.max_batch_texts,
    maxPadding: config.batching.max_padding_tokens,
    maxQueued: config.limits.max_queue,
    maxWaitMs: config.batching.max_wait_ms,
    observer: metrics,
    run: engine.run,
  });
  const maxTokensPerInput = Math.min(
    config.limits.max_tokens_per_input ?? encoder.modelMaxTokens,
    encoder.modelMaxTokens,
  );
  return { encoder, batcher, dimensions, maxTokensPerInput };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      // Only this way of failing needs to read /proc.
      void import('./config/address.js').then(({ describeListenError }) => {
        reject(describeListenError(error, host, port));
      });
    });
    server.listen({ host, port, backlog: 1024 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function closeWithin(server: Server, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
