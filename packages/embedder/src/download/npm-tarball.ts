import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { messageOf } from '../errors.js';
import type { TransferLimits } from '../model/options.js';
import { openTransfer } from './transfer.js';

const run = promisify(execFile);

export interface TarballRequest {
  /** `name@version`. */
  readonly spec: string;
  /** The folder inside the tarball that is wanted. */
  readonly folder: string;
  readonly into: string;
  /** How to run npm, e.g. `['npm']`. */
  readonly npm: readonly string[];
  readonly limits: TransferLimits;
  readonly signal: AbortSignal | undefined;
  onBytes(bytes: number, totalBytes: number | undefined): void;
}

/**
 * Unpacks one folder of a published package. Where the tarball is, is asked of the user's own npm, so
 * that their registry, mirror and credentials count. The transfer is ours to show progress; where that is refused
 * (a registry that wants a token, a proxy), `npm pack` does it silently.
 */
export async function fetchTarballFolder(request: TarballRequest): Promise<void> {
  const { stdout } = await runNpm(request, ['view', request.spec, 'dist.tarball', '--json'], 30_000);
  const url: unknown = JSON.parse(stdout);
  if (typeof url !== 'string') throw new Error(`npm knows no tarball of ${request.spec}`);
  try {
    const transfer = await openTransfer(url, request.limits, { signal: request.signal });
    let bytes = 0;
    const count = async function* () {
      for await (const chunk of transfer.body) {
        bytes += chunk.length;
        request.onBytes(bytes, transfer.totalBytes);
        // The reader of plain (not gzipped) tarballs calls methods that only Buffer has.
        yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      }
    };
    await unpack(Readable.from(count()), request);
  } catch (error) {
    request.signal?.throwIfAborted();
    await packWithNpm(request).catch((second: unknown) => {
      throw new Error(`${messageOf(error)}; npm pack: ${messageOf(second)}`, { cause: error });
    });
  }
}

async function packWithNpm(request: TarballRequest): Promise<void> {
  await runNpm(
    request,
    ['pack', request.spec, '--pack-destination', request.into, '--loglevel=error'],
    600_000,
  );
  const name = (await readdir(request.into)).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error('npm pack left no tarball');
  const { createReadStream } = await import('node:fs');
  const file = path.join(request.into, name);
  await unpack(createReadStream(file), request);
  const { rm } = await import('node:fs/promises');
  await rm(file);
}

async function unpack(source: Readable, request: TarballRequest): Promise<void> {
  const { extract } = await import('tar');
  const prefix = `${request.folder}/`;
  const strip = request.folder.split('/').length;
  await pipeline(
    source,
    extract({ cwd: request.into, strip, filter: (name) => name.startsWith(prefix), strict: true }),
  );
}

async function runNpm(request: TarballRequest, args: readonly string[], timeout: number) {
  const [command = 'npm', ...rest] = request.npm;
  try {
    return await run(command, [...rest, ...args], {
      timeout,
      maxBuffer: 1 << 20,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
  } catch (error) {
    request.signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Error(`'${command}' is not installed`);
    const stderr = String((error as { stderr?: unknown }).stderr ?? '');
    const reason = stderr
      .split('\n')
      .find((line) => /npm (error|ERR!) (?!A complete log)/.test(line) && !/ code /.test(line));
    throw new Error(reason?.replace(/^npm (error|ERR!) /, '') ?? messageOf(error), { cause: error });
  }
}
