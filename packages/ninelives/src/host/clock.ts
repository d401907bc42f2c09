import { readFileSync } from 'node:fs';
import { setTimeout as timer } from 'node:timers/promises';

/**
 * CLOCK_MONOTONIC in ms (`process.hrtime`): the same origin for every process of one boot, so that a time
 * written by one process can be compared in another. Stands still while the machine is suspended.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** Unix time in ms: for people, and to carry a time over a reboot. It may jump. */
export function wallMs(): number {
  return Date.now();
}

/** Identifies this boot: pid and start ticks mean nothing without it (random(4)). */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Waits. An abort ends the wait early and quietly: the caller looks at its signal anyway. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await timer(ms, undefined, signal ? { signal } : {});
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
