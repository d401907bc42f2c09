import type { VerdictKind } from '../../../src/core/decision.js';
import type { FaultName } from '../servers/faults/table.js';
import type { ZooClass } from '../zoo-class.js';

/** Answers at once, and they are not right, until a restart. */
function answering(
  name: string,
  fault: FaultName,
  what: string,
  rows: number[],
  verdict: VerdictKind[] = ['wrong'],
  usualS = 15,
): ZooClass {
  const usual = { limitMs: usualS * 1_000 };
  return { name, fault, what, rows, verdict, action: 'killed', usual, quick: { limitMs: 30_000 } };
}

export const WRONG: readonly ZooClass[] = [
  answering('poisoned', 'poisoned', 'every request fails at once with 500', [4], ['erroring']),
  {
    ...answering('unavailable', 'unavailable', '503 for ever, long after start-up', [4], ['erroring'], 45),
    quick: { limitMs: 30_000, guard: { jam_patience: '5s' } },
  },
  answering('NaN', 'nan', 'vectors of NaN, as Python writes them', [9]),
  answering('null', 'null', '200, and every number is null', [9]),
  answering('zero', 'zero', 'all-zero vectors', [10]),
  answering('constant', 'constant', 'every text has the same vector', [10]),
  answering('garbage', 'garbage', 'random vectors', [10]),
  answering(
    'drifting',
    'drifting',
    'vectors that move away from its own first answers in 10 s',
    [10],
    ['wrong'],
    25,
  ),
  answering(
    'truncated',
    'truncated',
    'half an answer, then the connection ends',
    [7],
    ['hung', 'wrong', 'erroring'],
    25,
  ),
  answering('endless', 'endless', 'an answer of a few bytes now and then, for ever', [7], ['hung'], 25),
  answering('flood', 'flood', 'an answer that never ends, as fast as it can', [7], ['wrong', 'hung'], 25),
];
