import path from 'node:path';
import { EmbedderError } from '../errors.js';
import type { PinnedFile } from './catalogue.js';
import { downloadFile, openTransfer, type TransferLimits } from './download.js';

export interface Hub {
  /** e.g. https://huggingface.co */
  readonly url: string;
  readonly token: string | undefined;
  readonly limits: TransferLimits;
  readonly signal: AbortSignal | undefined;
}

/** A file to fetch; the sum is known for pinned models and for what the hub keeps in LFS. */
export interface WantedFile {
  readonly path: string;
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
}

/** Downloads files of one revision into `into`, one after another; returns sizes and sums as received. */
export async function fetchFromHub(
  hub: Hub,
  source: { readonly hubId: string; readonly revision: string; readonly files: readonly WantedFile[] },
  into: string,
  onBytes: (bytes: number) => void,
): Promise<PinnedFile[]> {
  const received: PinnedFile[] = [];
  let before = 0;
  for (const file of source.files) {
    const result = await downloadFile({
      url: `${hub.url}/${source.hubId}/resolve/${source.revision}/${file.path}`,
      to: path.join(into, file.path),
      limits: hub.limits,
      bytes: file.bytes,
      sha256: file.sha256,
      headers: headersOf(hub),
      signal: hub.signal,
      onBytes: (bytes) => onBytes(before + bytes),
    });
    before += result.bytes;
    received.push({ path: file.path, ...result });
  }
  return received;
}

interface TreeEntry {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

/** Asks the hub which files a model has and picks those that serving needs. */
export async function listWantedFiles(
  hub: Hub,
  hubId: string,
  revision: string,
  modelFile: string | undefined,
): Promise<readonly WantedFile[]> {
  const url = `${hub.url}/api/models/${hubId}/tree/${revision}?recursive=true`;
  const { body } = await openTransfer(url, hub.limits, { signal: hub.signal, headers: headersOf(hub) });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const tree = JSON.parse(Buffer.concat(chunks).toString('utf8')) as TreeEntry[];
  const byPath = new Map(tree.filter((entry) => entry.type === 'file').map((entry) => [entry.path, entry]));
  const paths = pickModelFiles([...byPath.keys()], modelFile, `the hub's ${hubId}`);
  return paths.map((name) => {
    const entry = byPath.get(name);
    return { path: name, bytes: entry?.lfs?.size ?? entry?.size, sha256: entry?.lfs?.oid };
  });
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
  if (onnx === undefined) missing.unshift(candidates.length === 1 ? String(modelFile) : 'onnx/model*.onnx');
  if (onnx === undefined || missing.length > 0) {
    throw new EmbedderError(
      'MODEL_INVALID',
      `${where} cannot be served: it has no ${missing.join(', no ')}`,
      "choose a model in the ONNX folder layout (many are under 'onnx-community' or 'Xenova' on the hub)",
    );
  }
  const data = files.filter((name) => name.startsWith(`${onnx}_data`) || name === `${onnx}.data`);
  return [
    onnx,
    ...data,
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    ...COMPANIONS.filter((name) => has.has(name)),
  ];
}

function headersOf(hub: Hub): Record<string, string> {
  return hub.token === undefined ? {} : { authorization: `Bearer ${hub.token}` };
}
