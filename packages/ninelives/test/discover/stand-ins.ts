import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a stand-in answers to a GET: JSON, a text, or a function that does as it likes. */
export type Page = object | string | ((request: IncomingMessage, response: ServerResponse) => void);

export interface StandIn {
  pages: { [path: string]: Page };
  /** The paths that work is asked for at. */
  embeddings?: string;
  chat?: string;
  /** A Prometheus counter that moves by one a piece of work. */
  counter?: string;
  /** Asked without this key, it answers 401 to work. */
  key?: string;
}

const card = (id: string, ownedBy: string, more: object = {}) => ({
  object: 'list',
  data: [{ id, object: 'model', created: 1_700_000_000, owned_by: ownedBy, ...more }],
});

/** Each API's own shape, as its documentation and source have it; the work itself is the same for all. */
export const STAND_INS = {
  vllm: {
    pages: {
      '/version': { version: '0.11.0' },
      '/v1/models': card('Qwen/Qwen3-Embedding-0.6B', 'vllm', {
        root: 'Qwen/Qwen3-Embedding-0.6B',
        max_model_len: 32768,
      }),
      '/openapi.json': {
        openapi: '3.1.0',
        info: { title: 'FastAPI' },
        paths: { '/v1/embeddings': { post: {} } },
      },
    },
    embeddings: '/v1/embeddings',
    counter: 'vllm:request_success_total',
  },
  sglang: {
    pages: {
      '/get_model_info': {
        model_path: 'meta-llama/Llama-3.1-8B-Instruct',
        is_generation: true,
        tokenizer_path: 'x',
      },
      '/v1/models': card('meta-llama/Llama-3.1-8B-Instruct', 'sglang', { root: 'x', max_model_len: 131072 }),
    },
    chat: '/v1/chat/completions',
    counter: 'sglang:num_requests_total',
  },
  llamacpp: {
    pages: {
      '/': '<!doctype html><title>llama.cpp</title>',
      '/props': {
        default_generation_settings: { n_ctx: 4096 },
        total_slots: 4,
        model_path: '/m/nomic-embed.gguf',
      },
      '/v1/models': {
        models: [{ name: 'nomic-embed.gguf', model: 'nomic-embed.gguf', details: { format: 'gguf' } }],
        ...card('nomic-embed.gguf', 'llamacpp', { meta: { n_embd: 768 } }),
      },
      '/api/tags': { models: [{ name: 'nomic-embed.gguf', model: 'nomic-embed.gguf' }] },
    },
    embeddings: '/v1/embeddings',
  },
  tei: {
    pages: {
      '/info': {
        model_id: 'BAAI/bge-small-en-v1.5',
        model_sha: null,
        model_dtype: 'float32',
        model_type: { embedding: { pooling: 'cls' } },
        max_concurrent_requests: 512,
        max_input_length: 512,
        version: '1.8.0',
      },
    },
    embeddings: '/v1/embeddings',
    counter: 'te_request_success',
  },
  infinity: {
    pages: {
      '/models': card('michaelfeil/bge-small-en-v1.5', 'infinity', {
        backend: 'torch',
        capabilities: ['embed'],
        stats: {},
      }),
      '/openapi.json': {
        openapi: '3.1.0',
        info: { title: '♾️ Infinity' },
        paths: { '/embeddings': { post: {} } },
      },
    },
    embeddings: '/embeddings',
  },
  ollama: {
    pages: {
      '/': 'Ollama is running',
      '/api/version': { version: '0.12.6' },
      '/api/tags': {
        models: [
          { name: 'llama3.2:3b', model: 'llama3.2:3b', details: { family: 'llama', families: ['llama'] } },
          {
            name: 'all-minilm:latest',
            model: 'all-minilm:latest',
            details: { family: 'bert', families: ['bert'] },
          },
        ],
      },
      '/api/ps': {
        models: [{ name: 'all-minilm:latest', model: 'all-minilm:latest', details: { family: 'bert' } }],
      },
      '/v1/models': card('llama3.2:3b', 'library'),
    },
    embeddings: '/v1/embeddings',
  },
  fastapi: {
    pages: {
      '/openapi.json': {
        openapi: '3.1.0',
        info: { title: 'my server', version: '1' },
        paths: { '/health': { get: {} }, '/v1/embeddings': { post: {} } },
      },
    },
    embeddings: '/v1/embeddings',
  },
  openai: {
    pages: { '/v1/models': card('gpt-oss-20b', 'organization-owner') },
    chat: '/v1/chat/completions',
  },
} satisfies { [name: string]: StandIn };

export interface Running {
  port: number;
  close(): Promise<void>;
}

/** Serves the stand-in on a free port of loopback. */
export async function serve(standIn: StandIn, port = 0): Promise<Running> {
  let done = 0;
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    const page = standIn.pages[path];
    if (typeof page === 'function') return page(request, response);
    if (path === '/metrics' && standIn.counter)
      return response.end(`${standIn.counter}{model="x"} ${done}\n`);
    if (request.method === 'GET' && page !== undefined) return answer(response, page);
    const body = await bodyOf(request);
    const work = request.method === 'POST' && (path === standIn.embeddings || path === standIn.chat);
    if (!work) return answer(response, { detail: 'Not Found' }, 404);
    if (standIn.key && request.headers.authorization !== `Bearer ${standIn.key}`)
      return answer(response, { error: { message: 'no key' } }, 401);
    done += 1;
    answer(response, path === standIn.chat ? chatAnswer() : embeddingsAnswer(body));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function answer(response: ServerResponse, page: object | string, status = 200): void {
  const text = typeof page === 'string' ? page : JSON.stringify(page);
  response.writeHead(status, { 'content-type': typeof page === 'string' ? 'text/html' : 'application/json' });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function chatAnswer(): object {
  return {
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' } }],
  };
}

function embeddingsAnswer(body: string): object {
  const { input } = JSON.parse(body) as { input: string | string[] };
  const data = [input]
    .flat()
    .map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }));
  return { object: 'list', data, model: 'x', usage: { prompt_tokens: 1, total_tokens: 1 } };
}

function vectorOf(text: string): number[] {
  const seed = [...text].reduce((sum, char, at) => sum + char.charCodeAt(0) * (at + 1), 0);
  return Array.from({ length: 16 }, (_, at) => Math.sin((at + 1) * seed));
}
