import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Pooling } from '../engine/protocol.js';
import { EmbedderError, messageOf } from '../errors.js';
import type { KnownModel, PinnedFile } from './catalogue.js';

/** A model that is on this disk. */
export interface LocalModel {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly dir: string;
  /** Absolute path of the ONNX file. */
  readonly modelFile: string;
  readonly pooling: Pooling;
  readonly source: 'cache' | 'hub' | 'npm' | 'folder';
}

/** Where a hub model is kept, by owner, name and revision. */
export function cachedDir(cacheDir: string, hubId: string, revision: string): string {
  return path.join(cacheDir, 'models', ...hubId.split('/'), revision.replaceAll('/', '--'));
}

/** A known model in a folder that holds its files. */
export function describeKnown(model: KnownModel, dir: string, source: LocalModel['source']): LocalModel {
  const { id, aliases, pooling } = model;
  return { id, aliases, dir, modelFile: path.join(dir, model.modelFile), pooling, source };
}

/** Compares sizes with what they must be, in under 1 ms; says what is wrong, or `undefined`. */
export async function inspectSizes(dir: string, files: readonly PinnedFile[]): Promise<string | undefined> {
  for (const file of files) {
    const info = await stat(path.join(dir, file.path)).catch(() => undefined);
    if (info === undefined) return `${file.path} is missing`;
    if (info.size !== file.bytes) return `${file.path} has ${info.size} bytes, not ${file.bytes}`;
  }
  return undefined;
}

/** Opens any folder in the ONNX layout; throws MODEL_INVALID with what it lacks. */
export async function openFolder(dir: string, modelFile: string | undefined): Promise<LocalModel> {
  let files: string[];
  try {
    files = (await readdir(dir, { recursive: true })).map((name) => name.split(path.sep).join('/'));
  } catch (error) {
    throw new EmbedderError(
      'MODEL_INVALID',
      `the model folder ${dir} cannot be read: ${messageOf(error)}`,
      'give a folder with config.json, tokenizer.json and onnx/model*.onnx: --model /path/to/folder',
      error,
    );
  }
  const [onnx = ''] = pickModelFiles(files, modelFile, dir);
  const pooling = await readPooling(dir, files);
  return {
    id: path.basename(dir),
    aliases: [],
    dir,
    modelFile: path.join(dir, onnx),
    pooling,
    source: 'folder',
  };
}

/** Smallest first: on a CPU, weights that are read less often from memory are also the faster ones. */
const MODEL_FILES = [
  'onnx/model_q4.onnx',
  'onnx/model_quantized.onnx',
  'onnx/model_int8.onnx',
  'onnx/model.onnx',
  'model.onnx',
];
const COMPANIONS = ['special_tokens_map.json', '1_Pooling/config.json'];

/** Picks out of a model's files what serving needs; the ONNX file comes first. Throws MODEL_INVALID if some are missing. */
export function pickModelFiles(
  files: readonly string[],
  modelFile: string | undefined,
  where: string,
): string[] {
  const has = new Set(files);
  const candidates = modelFile === undefined ? MODEL_FILES : [modelFile];
  const onnx = candidates.find((name) => has.has(name));
  const missing = ['config.json', 'tokenizer.json', 'tokenizer_config.json'].filter((name) => !has.has(name));
  if (onnx === undefined) missing.unshift(modelFile ?? 'onnx/model*.onnx');
  if (onnx === undefined || missing.length > 0) {
    throw new EmbedderError(
      'MODEL_INVALID',
      `${where} cannot be served: it has no ${missing.join(', no ')}`,
      "choose a model in the ONNX folder layout (many are under 'onnx-community' or 'Xenova' on the hub)",
    );
  }
  const data = files.filter((name) => name.startsWith(`${onnx}_data`) || name === `${onnx}.data`);
  const companions = COMPANIONS.filter((name) => has.has(name));
  return [onnx, ...data, 'config.json', 'tokenizer.json', 'tokenizer_config.json', ...companions];
}

/** sentence-transformers models say how to pool; the mean is what most of them use. */
async function readPooling(dir: string, files: readonly string[]): Promise<Pooling> {
  if (!files.includes('1_Pooling/config.json')) return 'mean';
  const text = await readFile(path.join(dir, '1_Pooling/config.json'), 'utf8');
  const config = JSON.parse(text) as Record<string, unknown>;
  if (config.pooling_mode_cls_token === true) return 'cls';
  return config.pooling_mode_lasttoken === true ? 'last_token' : 'mean';
}
