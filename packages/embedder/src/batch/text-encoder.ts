import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';

/** The part we use; the package's own types do not resolve under TypeScript's nodenext rules. */
interface Tokenizer {
  encode(text: string, options?: { add_special_tokens?: boolean }): { ids: number[] };
}

/** Turns text or ready-made tokens into the token ids the model is run on, special tokens included. */
export interface TextEncoder {
  /** Ids below this are valid; what a client sends as tokens is held against it. */
  readonly vocabularySize: number;
  /** The most tokens, special ones included, that the model itself can take. */
  readonly modelMaxTokens: number;
  encodeText(text: string): Int32Array;
  /** Adds the special tokens unless they are there already; `prefix` goes between them and the content. */
  encodeTokens(tokens: readonly number[], prefix: string): Int32Array;
}

/** Loads tokenizer.json and its companions from a model folder. About 25 ms for MiniLM. */
export async function loadTextEncoder(modelDir: string): Promise<TextEncoder> {
  const [tokenizerJson, tokenizerConfig, config] = await Promise.all([
    readJson(path.join(modelDir, 'tokenizer.json')),
    readJson(path.join(modelDir, 'tokenizer_config.json')),
    readJson(path.join(modelDir, 'config.json')),
  ]);
  const tokenizer: Tokenizer = new HubTokenizer(tokenizerJson, tokenizerConfig);
  const { prefix: head, suffix: tail } = specialTokens(tokenizer);
  const limits = [config.max_position_embeddings, tokenizerConfig.model_max_length].filter(
    (limit): limit is number => typeof limit === 'number' && limit > 0 && limit < 1e6,
  );
  const encodePlain = (text: string): number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;
  return {
    vocabularySize: typeof config.vocab_size === 'number' ? config.vocab_size : Number.MAX_SAFE_INTEGER,
    modelMaxTokens: limits.length > 0 ? Math.min(...limits) : 512,
    encodeText: (text) => Int32Array.from(tokenizer.encode(text).ids),
    encodeTokens: (tokens, prefix) => {
      const wrapped = startsWith(tokens, head) && endsWith(tokens, tail) && head.length + tail.length > 0;
      const content = wrapped ? tokens.slice(head.length, tokens.length - tail.length) : tokens;
      return Int32Array.from([...head, ...(prefix === '' ? [] : encodePlain(prefix)), ...content, ...tail]);
    },
  };
}

/** What this tokenizer puts around every text ([CLS] and [SEP] for BERT), found by looking, not by model type. */
function specialTokens(tokenizer: Tokenizer): { prefix: number[]; suffix: number[] } {
  const plain = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const full = tokenizer.encode('a').ids;
  const at = full.findIndex((_, from) => plain.every((id, offset) => full[from + offset] === id));
  if (at < 0) return { prefix: [], suffix: [] };
  return { prefix: full.slice(0, at), suffix: full.slice(at + plain.length) };
}

function startsWith(tokens: readonly number[], head: readonly number[]): boolean {
  return head.every((id, at) => tokens[at] === id);
}

function endsWith(tokens: readonly number[], tail: readonly number[]): boolean {
  return tail.every((id, at) => tokens[tokens.length - tail.length + at] === id);
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
}
