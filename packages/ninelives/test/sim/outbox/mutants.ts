import type { Mutant } from '../mutants/mutant.js';

/** An outbox with one rule missing. Each must be caught by its simulation. */
export const OUTBOX_MUTANTS: readonly Mutant[] = [
  {
    name: 'what a way could not take is given up at once',
    edits: [{ file: 'notify/lane.js', from: "if (delivery.outcome === 'refused' || old)", to: 'if (true)' }],
  },
  {
    name: 'a page that has to wait lets the next one pass',
    edits: [
      {
        file: 'record/memory.js',
        from: '!heads.has(row.notifier))',
        to: '!heads.has(row.notifier) && row.nextWallMs <= wallMs)',
      },
    ],
  },
];
