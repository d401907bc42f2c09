import type { VerdictKind } from '../../../src/core/decision.js';
import type { FaultName } from '../servers/faults/table.js';
import type { ZooClass } from '../zoo-class.js';

/** What no kill mends: one page says what to do, and nothing is touched. */
function paged(
  name: string,
  fault: FaultName,
  what: string,
  rows: number[],
  verdict: VerdictKind[],
  more: Partial<ZooClass> = {},
): ZooClass {
  const pace = { limitMs: 30_000 };
  return { name, fault, what, rows, verdict, action: 'paged', usual: pace, quick: pace, ...more };
}

export const REFUSALS: readonly ZooClass[] = [
  paged('TLS', 'tls', 'the port speaks TLS, the probe does not', [], ['misconfigured']),
  paged('redirect', 'redirect', '307 to another address', [], ['misconfigured']),
  paged('content type', 'content-type', '200 and a log-in page', [], ['misconfigured']),
  paged('401', 'unauthorized', 'it wants a key', [], ['misconfigured']),
  paged('404', 'not-found', 'no such model', [], ['misconfigured']),
  paged(
    'other model',
    'other-model',
    'since a restart its answers are far from the approved ones',
    [10],
    ['drift'],
    {
      golden: true,
    },
  ),
  paged('masked', 'masked', 'a stranger answers on its port while it lives on', [11], ['masked'], {
    company: 'stranger',
  }),
  paged(
    'port taken',
    'port-taken',
    'it dies, a stranger takes its port, each start fails at once',
    [12],
    ['failed'],
    {
      company: 'stranger',
      usual: { lastsMs: 60_000, limitMs: 30_000 },
      quick: { lastsMs: 60_000, limitMs: 30_000 },
    },
  ),
  paged(
    '429 for ever',
    'full-and-wedged',
    'nothing but 429 and nothing gets done: full, or rationed',
    [7],
    ['full'],
    {
      company: 'crowd',
      counter: true,
      usual: { limitMs: 315_000 },
      quick: { limitMs: 30_000, guard: { busy_limit: '8s' } },
    },
  ),
  paged('crash loop', 'crash-loop', 'every start fails at once', [17], ['failed']),
  paged('clean exit', 'exit-clean', 'it ended with status 0, as if somebody had meant it', [], ['stopped']),
];
