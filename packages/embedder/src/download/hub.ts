import path from 'node:path';
import type { PinnedFile } from '../model/catalogue.js';
import { pickModelFiles } from '../model/local-model.js';
import type { TransferLimits } from '../model/options.js';
import { downloadFile, openTransfer } from './transfer.js';

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

function headersOf(hub: Hub): Record<string, string> {
  return hub.token === undefined ? {} : { authorization: `Bearer ${hub.token}` };
}
