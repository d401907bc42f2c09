import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { codeOf, EmbedderError, messageOf } from '../errors.js';
import type { PinnedFile } from '../model/catalogue.js';
import { inspectSizes } from '../model/local-model.js';

/** Written beside downloaded files whose sums were not known beforehand. */
const MANIFEST = 'ninelives-manifest.json';
/** Left by a process that died while it downloaded; nobody downloads for longer. */
const STALE_MS = 24 * 3600 * 1000;

/** Compares sizes, then SHA-256 sums, with what they must be; says what is wrong, or `undefined`. */
export async function inspectSums(dir: string, files: readonly PinnedFile[]): Promise<string | undefined> {
  const fault = await inspectSizes(dir, files);
  if (fault !== undefined) return fault;
  for (const file of files) {
    if ((await sha256Of(path.join(dir, file.path))) !== file.sha256)
      return `${file.path} has the wrong SHA-256 sum`;
  }
  return undefined;
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The sums noted when a model without pinned sums was downloaded; `undefined` where there are none. */
export async function readManifest(dir: string): Promise<readonly PinnedFile[] | undefined> {
  try {
    const parsed = JSON.parse(await readFile(path.join(dir, MANIFEST), 'utf8')) as { files?: PinnedFile[] };
    return Array.isArray(parsed.files) && parsed.files.length > 0 ? parsed.files : undefined;
  } catch {
    // Absent or cut off: both mean that the download has to be done again.
    return undefined;
  }
}

export async function writeManifest(dir: string, files: readonly PinnedFile[]): Promise<void> {
  await writeFile(path.join(dir, MANIFEST), `${JSON.stringify({ files }, null, 2)}\n`);
}

/**
 * Fills `finalDir` as one step: `fill` writes into a folder beside it, which is then renamed. Two
 * processes may do so at once: the first rename wins, and the second keeps what it finds if it is good.
 */
export async function publishFolder(
  finalDir: string,
  fill: (dir: string) => Promise<void>,
  isGood: (dir: string) => Promise<boolean>,
): Promise<void> {
  const parent = path.dirname(finalDir);
  const unique = `.tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
  const temporary = path.join(parent, `${path.basename(finalDir)}${unique}`);
  try {
    await mkdir(temporary, { recursive: true });
    await removeStale(parent);
    await fill(temporary);
    await replaceFolder(temporary, finalDir, isGood);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || !['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR'].includes(code))
      throw error;
    throw new EmbedderError(
      'CACHE_UNUSABLE',
      `The model cannot be kept in ${parent}: ${messageOf(error)}`,
      'free or allow the folder, or choose another one: --cache DIR',
      error,
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function replaceFolder(temporary: string, finalDir: string, isGood: (dir: string) => Promise<boolean>) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await rename(temporary, finalDir);
    } catch (error) {
      const occupied = ['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error) ?? '');
      if (!occupied || attempt >= 3) throw error;
    }
    if (await isGood(finalDir)) return;
    // A running engine may still have the old files mapped; moving them away keeps its pages valid.
    const aside = `${temporary}-old${attempt}`;
    await rename(finalDir, aside).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
  }
}

async function removeStale(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.includes('.tmp-')) continue;
    const info = await stat(path.join(parent, name)).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > STALE_MS) {
      await rm(path.join(parent, name), { recursive: true, force: true });
    }
  }
}
