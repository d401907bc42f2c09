/** Samples of one Prometheus counter; with labels, only those whose labels match. */
export interface Selector {
  name: string;
  labels?: { [label: string]: RegExp };
}

/**
 * What moves when work gets done, by server, as each names it at its /metrics. Several are summed: whichever moves is
 * work. They stand still while nothing is done, so neither cheap endpoints nor /metrics itself may be in them. Ollama has
 * no /metrics (ollama/ollama#3144 is open): the gateway counts for it.
 */
export const SERVER_COUNTERS = {
  // packages/embedder.
  ninelives: [{ name: 'ninelives_embedder_inputs_completed_total' }],
  // docs.vllm.ai, "Production Metrics": tokens move while a request runs, its success when it ends.
  vllm: [
    { name: 'vllm:request_success_total' },
    { name: 'vllm:prompt_tokens_total' },
    { name: 'vllm:generation_tokens_total' },
  ],
  // docs.sglang.io, "Production Metrics"; needs --enable-metrics.
  sglang: [
    { name: 'sglang:num_requests_total' },
    { name: 'sglang:prompt_tokens_total' },
    { name: 'sglang:generation_tokens_total' },
  ],
  // llama.cpp tools/server/README; needs --metrics. n_decode_total moves with embeddings too.
  llamacpp: [
    { name: 'llamacpp:prompt_tokens_total' },
    { name: 'llamacpp:tokens_predicted_total' },
    { name: 'llamacpp:n_decode_total' },
  ],
  // text-embeddings-inference router.
  tei: [
    { name: 'te_request_success' },
    { name: 'te_embed_success' },
    { name: 'te_rerank_success' },
    { name: 'te_predict_success' },
  ],
  // infinity_emb, and every FastAPI application with prometheus-fastapi-instrumentator: finished requests of its work.
  infinity: [
    {
      name: 'http_requests_total',
      labels: { handler: /embeddings|rerank|classify|completions/, status: /^2/ },
    },
  ],
} as const satisfies { [server: string]: readonly Selector[] };

export type ServerName = keyof typeof SERVER_COUNTERS;

export const SERVER_NAMES = Object.keys(SERVER_COUNTERS) as ServerName[];
