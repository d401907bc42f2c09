import type { Replay } from '../types.js';

export interface Route {
  /** `POST /v1/embeddings`: one of a closed set, since durations are learnt by it. */
  name: string;
  replay: Replay;
  /** Does the model itself have to work for it? */
  work: boolean;
}

/** Same input, same answer, nothing kept: doing it twice does no harm. Paths of OpenAI, TEI, vLLM, Infinity, Ollama, llama.cpp. */
const PURE = new Set([
  ...['/v1/embeddings', '/embeddings', '/v1/embed', '/embed', '/embed_all', '/embed_sparse', '/embedding'],
  ...['/v1/rerank', '/rerank', '/v2/rerank', '/v1/score', '/score', '/classify', '/v1/classify', '/predict'],
  ...['/similarity', '/pooling', '/api/embed', '/api/embeddings', '/v1/moderations'],
]);
/** As harmless, and answered without the model: no sign that it lives. */
const ASIDE = new Set([
  ...['/tokenize', '/detokenize', '/v1/tokenize', '/v1/detokenize', '/decode', '/api/show'],
]);
/** Each answer is another one, and costs; only the user can say that twice is fine. */
const GENERATING = new Set(['/v1/chat/completions', '/v1/completions', '/chat/completions', '/completion']);
const LOOKING = new Set(['/', '/health', '/v1/models', '/models', '/metrics', '/api/tags', '/version']);

/** What may be done with a request, by its method and path. */
export function routeOf(method: string, target: string, options: { replayChat: boolean }): Route {
  const path = target.split('?', 1)[0] as string;
  if (method === 'GET' || method === 'HEAD') {
    return {
      name: LOOKING.has(path) ? `${method} ${path}` : `${method} other`,
      replay: 'whole',
      work: false,
    };
  }
  if (method === 'POST' && PURE.has(path)) return { name: `POST ${path}`, replay: 'whole', work: true };
  if (method === 'POST' && ASIDE.has(path)) return { name: `POST ${path}`, replay: 'whole', work: false };
  if (method === 'POST' && GENERATING.has(path)) {
    return { name: `POST ${path}`, replay: options.replayChat ? 'whole' : 'unsent', work: true };
  }
  return { name: `${method} other`, replay: 'unsent', work: false };
}

const STREAM = /"stream"\s*:\s*true/;

/** A stream can't be taken back once it has begun; where the words only occur in the text, nothing is lost but a replay. */
export function asksForStream(route: Route, body: readonly Buffer[]): boolean {
  if (route.replay !== 'whole' || !GENERATING.has(route.name.slice('POST '.length))) return false;
  return STREAM.test(Buffer.concat(body).toString('latin1'));
}
