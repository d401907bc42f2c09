import { closeSync, openSync, readSync } from 'node:fs';

/**
 * What an engine does before it answers. `burn` computes, `read` waits for a disk, `sleep` waits for something that
 * nobody can see, `serve` is one request of a server with a known capacity, `never` does not come back.
 */
export interface Work {
  kind: 'burn' | 'read' | 'sleep' | 'serve' | 'never';
  ms: number;
  /** Say so for each second of it, as a batch does that counts its finished texts. */
  counted: boolean;
}

const STEP_MS = 100;

/** Does it, blocking the whole process as native code does. `counted` is called once a second where asked for. */
export function doWork({ kind, ms, counted }: Work, count: () => void): void {
  if (kind === 'never') return pause(2 ** 31 - 1);
  if (kind === 'serve') {
    spin(ms * 0.4);
    return pause(ms * 0.6);
  }
  const endMs = performance.now() + ms;
  for (let step = 1; performance.now() < endMs; step += 1) {
    if (kind === 'burn') burn(STEP_MS);
    if (kind === 'read') readSome();
    if (kind !== 'burn') pause(STEP_MS);
    if (counted && step % (1_000 / STEP_MS) === 0) count();
  }
}

/** Busy for `ms`, with a breath in between: many of these run side by side on two cores. */
export function burn(ms: number): void {
  spin(ms * 0.6);
  pause(ms * 0.4);
}

/** Until it has had that much CPU: on a machine that is short of it, work takes longer. */
function spin(ms: number): void {
  const before = process.cpuUsage();
  for (let spentUs = 0; spentUs < ms * 1_000; ) {
    const { user, system } = process.cpuUsage(before);
    spentUs = user + system;
  }
}

/** Blocks this thread; no CPU. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function readSome(): void {
  const file = openSync(process.execPath, 'r');
  readSync(file, Buffer.allocUnsafe(256 * 1024));
  closeSync(file);
}
