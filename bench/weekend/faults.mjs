// What goes wrong on a weekend, done to the processes of one incarnation, by identity, without a word to the guard.
import { NAME } from './stage.mjs';

const HOST = new URL('../../packages/ninelives/dist/src/host/', import.meta.url);
const { signalIfSame } = await import(new URL('signal.js', HOST));

export const FAULTS = ['wedge', 'crash', 'freeze'];

/** mulberry32: the same seed, the same weekend. At least 0 and less than 1. */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Does it, and waits until another incarnation serves. */
export async function doFault(fault, stage) {
  const before = await stage.untilServing();
  const [main, engine] = before.unit.processes;
  const [target, signal] = {
    wedge: [engine, 'SIGSTOP'],
    freeze: [main, 'SIGSTOP'],
    crash: [main, 'SIGKILL'],
  }[fault];
  const startedMs = performance.now();
  const time = new Date().toISOString();
  if (!target || !signalIfSame(target, signal)) throw new Error(`no process for ${fault}`);
  await stage.until(`${NAME} is healed of ${fault}`, () => {
    const { life, verdict, incident } = stage.state();
    const reborn = life !== null && life.incarnation.pid !== main.pid && life.passes > 0;
    return reborn && verdict.kind === 'serving' && incident === null;
  });
  return { fault, time, pid: target.pid, tookMs: performance.now() - startedMs };
}
