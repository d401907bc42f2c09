import type { Mutant } from './mutant.js';
import { WORK_MUTANTS } from './work.js';

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a stale outcome is accepted',
    seed: 24,
    edits: [
      {
        file: 'core/absorb.js',
        from: 'if (!life || !sameIncarnation(observation.incarnation, life.incarnation))\n        return;\n    // While',
        to: 'if (!life)\n        return;\n    // While',
      },
    ],
  },
  {
    name: 'unknown counts as a failure',
    seed: 1,
    edits: [
      { file: 'core/types.js', from: "blind: 'unknown'", to: "blind: 'fail'" },
      {
        file: 'core/run.js',
        from: "new Set(['timeout', 'refused', 'reset'])",
        to: "new Set(['timeout', 'refused', 'reset', 'blind'])",
      },
    ],
  },
  {
    name: 'a refused request counts as a failure',
    seed: 37,
    edits: [{ file: 'core/types.js', from: "misconfigured: 'unknown'", to: "misconfigured: 'fail'" }],
  },
  {
    name: 'failures are kept over a restart',
    edits: [
      {
        file: 'core/lives.js',
        from: 'state.life = null;\n    state.downSinceMs = at.atMs;',
        to: 'state.kept = life;\n    state.life = null;\n    state.downSinceMs = at.atMs;',
      },
      {
        file: 'core/lives.js',
        from: 'unkillable: false,\n    };',
        to: 'unkillable: false,\n    };\n    if (state.kept) Object.assign(state.life, { failures: state.kept.failures, answeredAtMs: at.atMs });',
      },
    ],
  },
  {
    name: 'no budget',
    edits: [
      {
        file: 'core/budget.js',
        from: 'return oldest ? oldest.atMs + policy.windowMs : Number.NEGATIVE_INFINITY;',
        to: 'return Number.NEGATIVE_INFINITY;',
      },
    ],
  },
  {
    name: 'no headroom under the start limit',
    seed: 11,
    edits: [{ file: 'core/budget.js', from: 'const STARTS_NEEDED = 2;', to: 'const STARTS_NEEDED = 0;' }],
  },
  {
    name: 'no start-up grace',
    edits: [
      {
        file: 'core/startup.js',
        from: 'if (atMs - life.sinceMs < policy.startupGraceMs)',
        to: 'if (false)',
      },
    ],
  },
  {
    name: 'a moving start-up is stuck',
    edits: [
      {
        file: 'core/startup.js',
        from: 'return stillForMs(state, life) < policy.startupStallMs;',
        to: 'return false;',
      },
    ],
  },
  {
    name: 'a kill one failure early',
    edits: [
      {
        file: 'core/silence.js',
        from: '!outcome || life.failures < policy.failureThreshold)',
        to: '!outcome || life.failures < policy.failureThreshold - 1)',
      },
    ],
  },
  {
    name: 'the intent is performed twice',
    edits: [
      {
        file: 'daemon/line.js',
        from: 'if (decision.intent)\n            perform(decision.intent);',
        to: 'if (decision.intent)\n            perform(decision.intent), perform(decision.intent);',
      },
    ],
  },
  {
    name: 'one incarnation is killed again',
    edits: [{ file: 'core/remedy.js', from: 'if (life.killIntentId)\n        return;', to: '' }],
  },
  {
    name: 'performed before it is committed',
    edits: [
      {
        file: 'daemon/line.js',
        from: "if (commit(decision, consumed, at.wallMs) === 'refused')",
        to: "if (decision.intent) perform(decision.intent);\n            if (commit(decision, consumed, at.wallMs) === 'refused')",
      },
    ],
  },
  {
    name: 'pause is ignored',
    seed: 9,
    edits: [
      { file: 'core/remedy.js', from: "if (!incident || state.desired === 'paused')", to: 'if (!incident)' },
    ],
  },
  {
    name: 'resolved after one right answer',
    edits: [{ file: 'core/incident.js', from: '>= policy.successThreshold', to: '>= 1' }],
  },
  {
    name: 'right answers before the loss resolve it',
    seed: 1,
    edits: [{ file: 'core/incident.js', from: 'life.passes = 0;', to: ';' }],
  },
  {
    name: 'leftovers include the running incarnation',
    seed: 3,
    edits: [
      {
        file: 'core/remedy.js',
        from: 'targets: unit.leftovers.map(processId),',
        to: 'targets: [...unit.leftovers, ...unit.processes].map(processId),',
      },
    ],
  },
  {
    name: 'finished work does not end the silence',
    seed: 18,
    edits: [{ file: 'core/absorb.js', from: 'life.lastCompletionAtMs = draft.at.atMs;', to: 'return;' }],
  },
  {
    name: 'the counter is not asked before the verdict',
    seed: 18,
    edits: [{ file: 'daemon/eyes.js', from: 'if (decides(outcome, ', to: 'if (false && decides(outcome, ' }],
  },
  {
    name: 'kills from memory are unlimited',
    seed: 2,
    edits: [
      {
        file: 'daemon/commit.js',
        from: "if (atMs - lastMemoryKillAtMs < policy.windowMs)\n                return 'refused';",
        to: '',
      },
    ],
  },
  {
    name: 'an unfinished intent is forgotten',
    edits: [{ file: 'daemon/loop.js', from: 'line.perform(intent);', to: ';' }],
  },
  {
    name: 'pages that waited in memory are lost',
    seed: 2,
    edits: [
      { file: 'daemon/commit.js', from: 'pages: [...older.pages, ...newer.pages]', to: 'pages: newer.pages' },
    ],
  },
  {
    name: 'a stranger on the port does not matter',
    seed: 4,
    edits: [
      {
        file: 'core/identity.js',
        from: "return portOwner.who === 'foreign' || portOwner.who === 'leftover';",
        to: 'return false;',
      },
    ],
  },
  {
    name: 'an incident that lasts is never escalated',
    seed: 23,
    edits: [
      {
        file: 'core/incident.js',
        from: 'if (at.atMs - incident.openedAtMs >= policy.escalateAfterMs)',
        to: 'if (false)',
      },
    ],
  },
  {
    name: 'gives up for good once the budget is used',
    edits: [
      {
        file: 'core/budget.js',
        from: 'return oldest ? oldest.atMs + policy.windowMs : Number.NEGATIVE_INFINITY;',
        to: 'return oldest ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;',
      },
    ],
  },
  {
    name: 'power without proof',
    seed: 3,
    edits: [{ file: 'core/power.js', from: "state.proof ? 'armed' : 'watch-only'", to: "'armed'" }],
  },
  {
    name: 'drift counts as a failure',
    seed: 16,
    edits: [{ file: 'core/types.js', from: "drift: 'unknown'", to: "drift: 'fail'" }],
  },
  {
    name: 'an acknowledgement is told each time it is said',
    seed: 3,
    edits: [
      {
        file: 'core/absorb.js',
        from: '!state.incident || state.incident.acknowledgedBy === observation.by',
        to: '!state.incident',
      },
    ],
  },
  {
    name: 'leftovers are cleared again and again',
    edits: [
      {
        file: 'core/lives.js',
        from: 'if (!unit.recentStartsAtMs.some((startAtMs) => startAtMs > lookedBeforeMs))\n        return;',
        to: '',
      },
    ],
  },
  ...WORK_MUTANTS,
];
