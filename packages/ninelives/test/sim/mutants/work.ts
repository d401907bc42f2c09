import type { Mutant } from './mutant.js';

/** Guards that are blind to one kind of work, and passes that end too soon. */
export const WORK_MUTANTS: readonly Mutant[] = [
  {
    name: 'a late reading of the GPU is idleness',
    seed: 208,
    edits: [
      {
        file: 'core/gpu.js',
        from: 'if (!read || read.ageMs < GPU_FRESH_MS)\n        return null;',
        to: 'return null;',
      },
      { file: 'core/gpu.js', from: 'read.ageMs >= GPU_WORK_MS', to: 'read.ageMs >= GPU_FRESH_MS' },
      { file: 'core/silence.js', from: 'gpuAtMs !== undefined && !isGpuRead(unit.gpu, atMs)', to: 'false' },
    ],
  },
  {
    name: 'work seen on the GPU counts for nothing once it can not be read',
    edits: [
      {
        file: 'core/silence.js',
        from: 'activeAtMs ?? sinceMs, gpuAtMs, expectedAtMs',
        to: 'activeAtMs ?? sinceMs, expectedAtMs',
      },
    ],
  },
  {
    name: 'every wait of clients is too long',
    edits: [
      {
        file: 'daemon/gateway/traffic.js',
        from: 'if (longestMs === null || waitedMs > patienceMs(longestMs))',
        to: 'if (true)',
      },
    ],
  },
  {
    name: 'slow work that completes does not begin the patience anew',
    edits: [
      {
        file: 'core/silence.js',
        from: 'Math.max(failingSinceMs, lastDoneAtMs(life))',
        to: 'failingSinceMs',
      },
    ],
  },
  {
    name: 'one cheap answer that is missed makes a batch a jam',
    edits: [{ file: 'core/silence.js', from: 'jam.probes >= policy.failureThreshold', to: 'true' }],
  },
  {
    name: 'a pass has nothing to do once it was escalated',
    edits: [
      {
        file: 'daemon/pass.js',
        from: "if (incident?.status !== 'escalated' || intent",
        to: "if (incident?.status === 'escalated')\n        return false;\n    if (incident?.status !== 'escalated' || intent",
      },
    ],
  },
];
