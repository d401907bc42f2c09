import type * as Prom from 'prom-client';
import type { BatchObserver } from '../batch/batcher.js';

/** Read at each scrape. */
export interface LiveState {
  readonly loading: boolean;
  readonly queued: number;
  readonly running: number;
  readonly model: string;
  readonly dimensions: number;
  readonly enginePid: number;
}

export interface Metrics extends BatchObserver {
  requestDone(route: string, status: number, tookMs: number): void;
  /** Imports prom-client, which is kept out of the start-up's way until then. */
  render(state: LiveState): Promise<{ contentType: string; text: string }>;
}

const PREFIX = 'ninelives_embedder_';
/** Observations kept for the time before prom-client is imported; more than a start-up can make. */
const MAX_PENDING = 10_000;

/** Counters from the first request on; names follow Prometheus convention (base units, `_total`). */
export function createMetrics(): Metrics {
  let pending: ((series: Series) => void)[] = [];
  let loading: Promise<Series> | undefined;
  let series: Series | undefined;
  const load = async (): Promise<Series> => {
    series = createSeries(await import('prom-client'));
    for (const record of pending) record(series);
    pending = [];
    return series;
  };
  const record = (observation: (series: Series) => void): void => {
    if (series !== undefined) return observation(series);
    pending.push(observation);
    if (pending.length >= MAX_PENDING) loading ??= load();
  };
  return {
    requestDone: (route, status, tookMs) =>
      record((s) => {
        s.requests.inc({ route, status: String(status) });
        s.requestSeconds.observe({ route }, tookMs / 1000);
      }),
    batchDone: ({ texts, tokens, paddedTokens, inferenceMs }) =>
      record((s) => {
        s.inputsCompleted.inc(texts);
        s.tokensCompleted.inc(tokens);
        s.paddedTokens.inc(paddedTokens);
        s.batchInputs.observe(texts);
        s.inferenceSeconds.observe(inferenceMs / 1000);
      }),
    render: async (state) => {
      loading ??= load();
      const s = await loading;
      s.loading.set(state.loading ? 1 : 0);
      s.queueDepth.set(state.queued);
      s.running.set(state.running);
      s.modelInfo.reset();
      s.modelInfo.set({ model: state.model, dimensions: String(state.dimensions) }, 1);
      s.engineInfo.set({ pid: String(state.enginePid) }, 1);
      return { contentType: s.registry.contentType, text: await s.registry.metrics() };
    },
  };
}

type Series = ReturnType<typeof createSeries>;

function createSeries(prom: typeof Prom) {
  const registry = new prom.Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new prom.Counter({ name: PREFIX + name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new prom.Gauge({ name: PREFIX + name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[] = []) =>
    new prom.Histogram({ name: PREFIX + name, help, buckets, labelNames, registers });
  const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
  return {
    registry,
    inputsCompleted: counter('inputs_completed_total', 'Texts that came back from the engine as vectors.'),
    tokensCompleted: counter('tokens_completed_total', 'Tokens of those texts, without padding.'),
    paddedTokens: counter('padded_tokens_total', 'Tokens the model was run on, with padding.'),
    requests: counter('requests_total', 'HTTP requests by route and status; 499 is a client that hung up.', [
      'route',
      'status',
    ]),
    requestSeconds: histogram('request_seconds', 'Time from request to answer, by route.', seconds, [
      'route',
    ]),
    inferenceSeconds: histogram('inference_seconds', 'Time of one batch in the model.', seconds),
    batchInputs: histogram('batch_inputs', 'Texts in one batch.', [1, 2, 4, 8, 16, 32, 64]),
    queueDepth: gauge('queue_depth', 'Texts waiting for the engine.'),
    running: gauge('inputs_running', 'Texts in the engine now.'),
    loading: gauge('loading', '1 until the model can answer, then 0.'),
    modelInfo: gauge('model_info', 'Always 1; the labels say which model is served.', [
      'model',
      'dimensions',
    ]),
    engineInfo: gauge('engine_info', 'Always 1; the label is the engine process.', ['pid']),
  };
}
