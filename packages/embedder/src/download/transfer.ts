import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { TransferLimits } from '../model/options.js';

/** Why a download failed; only `unreachable` says something about the host rather than about the file. */
export type DownloadFailure = 'unreachable' | 'refused' | 'server' | 'stalled' | 'truncated' | 'checksum';

export class DownloadError extends Error {
  readonly kind: DownloadFailure;

  constructor(kind: DownloadFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DownloadError';
    this.kind = kind;
  }
}

export const DEFAULT_TRANSFER: TransferLimits = {
  firstByteMs: 4000,
  stallMs: 20_000,
  attempts: 3,
  backoffMs: 500,
};

/** An open answer: its body as a stream that fails when it stalls, and its length if the server said so. */
export interface OpenTransfer {
  readonly body: AsyncIterable<Uint8Array>;
  readonly totalBytes: number | undefined;
}

/** Starts a GET; throws a DownloadError if there is no good answer within `firstByteMs`. */
export async function openTransfer(
  url: string,
  limits: TransferLimits,
  options: { signal?: AbortSignal | undefined; headers?: Record<string, string> | undefined } = {},
): Promise<OpenTransfer> {
  const gate = new AbortController();
  const stop = (): void => gate.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', stop, { once: true });
  const host = new URL(url).host;
  const late = new DownloadError('unreachable', `${host} did not answer within ${limits.firstByteMs} ms`);
  const timer = setTimeout(() => gate.abort(late), limits.firstByteMs);
  try {
    const response = await fetch(url, { signal: gate.signal, headers: options.headers ?? {} });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      const kind = response.status >= 500 || response.status === 429 ? 'server' : 'refused';
      throw new DownloadError(kind, `${host} answered ${response.status} for ${url}`);
    }
    const reader = response.body.getReader();
    const first = await reader.read();
    const length = response.headers.get('content-length');
    const plain = response.headers.get('content-encoding') === null;
    return {
      body: readWithStallLimit(reader, first, gate, { host, stallMs: limits.stallMs }),
      totalBytes: plain && length !== null ? Number(length) : undefined,
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (gate.signal.aborted && gate.signal.reason === late) throw late;
    if (error instanceof DownloadError) throw error;
    throw new DownloadError('unreachable', `${host} cannot be reached (${messageOf(error)})`, error);
  } finally {
    clearTimeout(timer);
  }
}

type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>;

async function* readWithStallLimit(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  first: Read,
  gate: AbortController,
  limit: { host: string; stallMs: number },
): AsyncGenerator<Uint8Array> {
  const stalled = new DownloadError('stalled', `${limit.host} sent nothing for ${limit.stallMs} ms`);
  let next: Read = first;
  while (!next.done) {
    yield next.value;
    const timer = setTimeout(() => gate.abort(stalled), limit.stallMs);
    try {
      next = await reader.read();
    } catch (error) {
      if (gate.signal.reason === stalled) throw stalled;
      if (gate.signal.aborted) throw gate.signal.reason;
      throw new DownloadError(
        'truncated',
        `${limit.host} broke off the transfer (${messageOf(error)})`,
        error,
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

export interface FileRequest {
  readonly url: string;
  readonly to: string;
  readonly limits: TransferLimits;
  readonly bytes: number | undefined;
  /** Hex; without it the sum is only computed. */
  readonly sha256: string | undefined;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal | undefined;
  /** Called with the bytes of this try so far. */
  onBytes(bytes: number): void;
}

/** Downloads one file and returns what was written. Tries again, except when the host or the file is not there. */
export async function downloadFile(request: FileRequest): Promise<{ bytes: number; sha256: string }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await downloadOnce(request);
    } catch (error) {
      const final =
        !(error instanceof DownloadError) || error.kind === 'refused' || error.kind === 'unreachable';
      if (final || attempt >= request.limits.attempts) throw error;
      await sleep(request.limits.backoffMs * 2 ** (attempt - 1), undefined, { signal: request.signal });
    }
  }
}

async function downloadOnce(request: FileRequest): Promise<{ bytes: number; sha256: string }> {
  const transfer = await openTransfer(request.url, request.limits, request);
  const hash = createHash('sha256');
  let bytes = 0;
  await mkdir(path.dirname(request.to), { recursive: true });
  const count = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      request.onBytes(bytes);
      yield chunk;
    }
  };
  await pipeline(Readable.from(count(transfer.body)), createWriteStream(request.to));
  const name = path.basename(request.to);
  const expected = request.bytes ?? transfer.totalBytes;
  if (expected !== undefined && bytes < expected) {
    throw new DownloadError('truncated', `${name} ended after ${bytes} of ${expected} bytes`);
  }
  const sha256 = hash.digest('hex');
  if (request.sha256 !== undefined && sha256 !== request.sha256) {
    throw new DownloadError('checksum', `${name} has the SHA-256 sum ${sha256}, expected ${request.sha256}`);
  }
  return { bytes, sha256 };
}
