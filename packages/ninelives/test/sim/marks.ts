/**
 * States that the swarm must reach at least once, or its silence proves nothing. A whole run of the swarm fails
 * when one is missing.
 */
export const MARKS = [
  'killed-hung',
  'killed-frozen',
  'killed-wrong',
  'killed-erroring',
  'stuck-loading-killed',
  'withheld-headroom',
  'withheld-budget',
  'slow-regime',
  'escalated',
  'resolved-after-escalation',
  'daemon-died-before-perform',
  'daemon-died-in-the-list',
  'daemon-died-before-outcome',
  'intent-finished-by-next-daemon',
  'reboot-with-open-incident',
  'memory-kill',
  'memory-kill-refused',
  'room-was-made',
  'stale-outcome',
  'pid-reused-spared',
  'leftovers-cleared',
  'paused-while-hung',
  'blind-while-hung',
  'unit-blind-while-hung',
  'loading-past-grace',
  'start-limit-by-crashes',
  'foreign-owner',
  'unkillable',
  'busy-spared',
  'refused-request-spared',
  'watch-only-spared',
  'not-revived-spared',
  'jam-recovered',
  'wall-stepped-back',
  'stopped-by-operator',
] as const;

export type Mark = (typeof MARKS)[number];
