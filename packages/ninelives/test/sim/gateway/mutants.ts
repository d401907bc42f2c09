import type { Mutant } from '../mutants/mutant.js';

const learn = (file: string, from: string, to: string) => ({ file: `gateway/learn/${file}.js`, from, to });
const hold = (file: string, from: string, to: string) => ({ file: `gateway/hold/${file}.js`, from, to });

/** A hold with one rule missing. Each must be caught by the gateway's simulation (I9, poison, limits). */
export const HOLD_MUTANTS: readonly Mutant[] = [
  {
    name: 'what may not be done twice is sent again',
    edits: [hold('copies', "if (held.replay !== 'whole')", 'if (false)')],
  },
  {
    name: 'an answer that has begun is begun again',
    edits: [
      hold(
        'copies',
        "if (held.phase === 'streaming')\n        return refuse(draft, held, 'cut-mid-stream');\n    if (held.replay !== 'whole')",
        'if (false)',
      ),
    ],
  },
  {
    name: 'who has left keeps a place in the line',
    edits: [
      hold(
        'copies',
        "if (held.phase === 'queued') {\n        leaveLine(draft, held);",
        "if (held.phase === 'queued') {",
      ),
    ],
  },
  {
    name: 'held for longer than promised',
    edits: [
      hold(
        'passing',
        'if (atMs - held.arrivedAtMs < limits.holdMs)',
        'if (atMs - held.arrivedAtMs < 2 * limits.holdMs)',
      ),
    ],
  },
  {
    name: 'a death that somebody owns up to counts',
    edits: [hold('backend', 'if (present.length === 0 || excused)', 'if (present.length === 0)')],
  },
  {
    name: 'a server that is back is not believed',
    edits: [hold('backend', 'if (!alive)\n        return;', 'return;')],
  },
  {
    name: 'bytes of those who have gone are counted for ever',
    edits: [hold('state', 'state.bytes -= held.bytes;', '')],
  },
  {
    name: 'a server that is down is fed',
    edits: [hold('release', "backend.readiness === 'down' ||", '')],
  },
  {
    name: 'a server that hangs is fed',
    edits: [hold('release', "|| backend.readiness === 'suspect'", '')],
  },
  {
    name: 'as many at once as there are',
    edits: [hold('release', 'if (flying.size >= widthOf(state.window))', 'if (false)')],
  },
  {
    name: 'the queue has no end',
    edits: [hold('arrive', 'if (state.requests.size < limits.requestsMax)', 'if (true)')],
  },
  {
    name: 'a convict is tried again and again',
    edits: [hold('release', "return entry.convicted ? 'convicted' : 'suspect';", "return 'suspect';")],
  },
  {
    name: 'a suspect is never tried alone',
    edits: [
      hold('release', "const alone = standing === 'suspect' && flying.size === 0;", 'const alone = false;'),
    ],
  },
  {
    name: 'deaths in company convict',
    edits: [learn('ledger', 'const alone = trial && present.length === 1;', 'const alone = true;')],
  },
];
