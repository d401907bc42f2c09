import { homedir } from 'node:os';
import path from 'node:path';
import { EmbedderError } from '../errors.js';
import { readModelReference } from './catalogue.js';
import { cachedDir, describeKnown, inspectSizes, type LocalModel, openFolder } from './local-model.js';
import type { EnsureModelOptions } from './options.js';

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
  if (reference.kind === 'folder') return openFolder(folderPath(reference.dir), options.modelFile);
  const asPinned = options.revision === undefined && options.modelFile === undefined;
  if (reference.kind === 'known' && asPinned) {
    const { model } = reference;
    const dir = cachedDir(options.cacheDir, model.hubId, model.revision);
    // The way of every restart: nothing that only downloads need is even imported.
    const complete = options.verifyChecksums !== true && (await inspectSizes(dir, model.files)) === undefined;
    if (complete) return describeKnown(model, dir, 'cache');
    return (await import('../download/acquire.js')).acquireKnown(model, dir, options);
  }
  const hubId = reference.kind === 'known' ? reference.model.hubId : reference.hubId;
  return (await import('../download/acquire.js')).acquireFromHub(hubId, options);
}

/** A config file is not read by a shell, which would have put the home folder in place of `~`. */
function folderPath(dir: string): string {
  return dir.startsWith('~/') ? path.join(homedir(), dir.slice(2)) : path.resolve(dir);
}
