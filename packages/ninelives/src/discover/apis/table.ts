import type { Answers } from './answers.js';
import type { Recognised } from './recognised.js';
import { asObject, asObjects, asText, likelyKinds, modelsAt, objectAt } from './shape.js';

type Recogniser = (answers: Answers) => Recognised | null;

/**
 * Each server by what only it says about itself, the surest first: llama.cpp also answers Ollama's paths, and most of
 * them are FastAPI applications too. Order matters. To add one: a line here and a stand-in in the tests.
 */
const RECOGNISERS = {
  // packages/embedder: `owned_by`.
  ninelives: (answers) =>
    owned(answers, '/v1/models', 'ninelives', ['embeddings'], ['ninelives_embedder_inputs_completed_total']),

  // vllm/entrypoints/openai: ModelCard.owned_by; docs.vllm.ai, "Production Metrics".
  vllm: (answers) => owned(answers, '/v1/models', 'vllm', null, ['vllm:request_success_total']),

  // sglang http_server.py: /get_model_info says whether it generates.
  sglang(answers) {
    const info = objectAt(answers, '/get_model_info');
    const listed = modelsAt(answers, '/v1/models').find(({ ownedBy }) => ownedBy === 'sglang');
    if (!listed && typeof info?.is_generation !== 'boolean') return null;
    const model = listed?.id ?? asText(info?.model_path);
    const kinds = info?.is_generation === false ? (['embeddings'] as const) : likelyKinds(model);
    return {
      model,
      kinds: [...kinds],
      counters: ['sglang:num_requests_total', 'sglang:prompt_tokens_total'],
    };
  },

  // llama.cpp tools/server: /v1/models says owned_by llamacpp, /props has the settings. Counters need --metrics.
  llamacpp(answers) {
    const props = objectAt(answers, '/props');
    const [first] = modelsAt(answers, '/v1/models');
    if (first?.ownedBy !== 'llamacpp' && !asObject(props?.default_generation_settings)) return null;
    const model = first?.id ?? asText(props?.model_alias) ?? asText(props?.model_path);
    return {
      model,
      kinds: likelyKinds(model),
      counters: ['llamacpp:tokens_predicted_total', 'llamacpp:prompt_tokens_total'],
    };
  },

  // text-embeddings-inference router: Info.model_type is {"embedding": …}, {"reranker": …} or {"classifier": …}.
  tei(answers) {
    const info = objectAt(answers, '/info');
    const model = asText(info?.model_id);
    const type = asObject(info?.model_type);
    if (model === null || type === null) return null;
    return {
      model,
      kinds: 'embedding' in type ? ['embeddings'] : [],
      counters: ['te_request_success', 'te_embed_success'],
    };
  },

  // infinity_emb: owned_by; its paths have no /v1 unless --url-prefix says so.
  infinity(answers) {
    const prefixed = owned(answers, '/v1/models', 'infinity', ['embeddings'], []);
    const bare = owned(answers, '/models', 'infinity', ['embeddings'], []);
    return prefixed ?? (bare && { ...bare, path: '/embeddings' });
  },

  // docs.ollama.com: /api/tags lists what is installed, /api/ps what is loaded.
  ollama(answers) {
    const installed = asObjects(objectAt(answers, '/api/tags')?.models);
    if (installed.length === 0 && answers['/']?.text.trim() !== 'Ollama is running') return null;
    const loaded = asObjects(objectAt(answers, '/api/ps')?.models);
    const [first] = [...loaded, ...installed];
    const model = asText(first?.name) ?? asText(first?.model);
    if (model === null) return { model: null, kinds: [], counters: [] };
    const family = asText(asObject(first?.details)?.family) ?? '';
    return { model, kinds: likelyKinds(/bert/i.test(family) ? 'embed' : model), counters: [] };
  },

  // FastAPI describes its own routes.
  fastapi(answers) {
    const paths = asObject(objectAt(answers, '/openapi.json')?.paths);
    if (paths === null) return null;
    const model = modelsAt(answers, '/v1/models')[0]?.id ?? null;
    const routes = {
      embeddings: 'embeddings',
      chat: 'chat/completions',
      completions: 'completions',
    } as const;
    for (const prefix of ['/v1/', '/']) {
      const kinds = likelyKinds(model).filter((kind) => asObject(paths[`${prefix}${routes[kind]}`])?.post);
      const [first] = kinds;
      // With a path of its own only one kind can be asked.
      if (first && prefix === '/') return { model, kinds: [first], path: `/${routes[first]}`, counters: [] };
      if (first) return { model, kinds, counters: [] };
    }
    return null;
  },

  // Whatever else lists its models as OpenAI does.
  openai(answers) {
    const [first] = modelsAt(answers, '/v1/models');
    return first ? { model: first.id, kinds: likelyKinds(first.id), counters: [] } : null;
  },
} satisfies { [name: string]: Recogniser };

export type ApiName = keyof typeof RECOGNISERS;

/** How each is called among people. */
export const API_TITLES = {
  ninelives: 'the ninelives embedder',
  vllm: 'vLLM',
  sglang: 'SGLang',
  llamacpp: 'llama.cpp',
  tei: 'text-embeddings-inference',
  infinity: 'infinity',
  ollama: 'Ollama',
  fastapi: 'a FastAPI application',
  openai: 'an OpenAI-like API',
} as const satisfies Record<ApiName, string>;

/** Whose API this is, or null. Pure, and total over whatever a server answers. */
export function recognise(answers: Answers): (Recognised & { name: ApiName }) | null {
  for (const [name, recogniser] of Object.entries<Recogniser>(RECOGNISERS)) {
    const recognised = recogniser(answers);
    if (recognised) return { name: name as ApiName, ...recognised };
  }
  return null;
}

function owned(
  answers: Answers,
  path: string,
  owner: string,
  kinds: Recognised['kinds'] | null,
  counters: string[],
): Recognised | null {
  const mine = modelsAt(answers, path).filter(({ ownedBy }) => ownedBy === owner);
  const model =
    mine.find(({ raw }) => Array.isArray(raw.capabilities) && raw.capabilities.includes('embed')) ?? mine[0];
  return model ? { model: model.id, kinds: kinds ?? likelyKinds(model.id), counters } : null;
}
