import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { POLICY, type Story, serving } from '../../test/fixtures/core-story.js';
import type { VerdictKind } from './decision.js';
import type { ProbeReason, ProcessSample } from './types.js';
import { KILLABLE } from './verdicts.js';

/** What a person who watches would remember. */
interface Memory {
  /** Reasons since the last kill, newest last; what says nothing about the server is not in it. */
  told: ProbeReason[];
  last: ProbeReason;
  /** Outcomes in a row with nothing back and nothing done. */
  silent: number;
  frozen: boolean;
  burning: boolean;
  /** Looks since it last burned: for a few seconds that still counts. */
  idleLooks: number;
  cpuMs: number;
}

const SILENT: ProbeReason[] = ['timeout', 'refused', 'reset'];
const seen = new Map<VerdictKind, number>();

function look(memory: Memory, story: Story): void {
  const main = story.unit.processes[0] as ProcessSample;
  if (memory.burning) memory.cpuMs += 900;
  memory.idleLooks = memory.burning ? 0 : memory.idleLooks + 1;
  story.unit = {
    ...story.unit,
    processes: [{ ...main, state: memory.frozen ? 'T' : 'S', cpuMs: memory.cpuMs }],
  };
}

const probe = fc
  .constantFrom<ProbeReason>(
    'ok',
    'timeout',
    'timeout',
    'timeout',
    'refused',
    'wrong',
    'error',
    'busy',
    'blind',
  )
  .map((reason) => ({
    toString: () => reason,
    check: () => true,
    run(memory: Memory, story: Story) {
      look(memory, story);
      const kills = story.kills.length;
      story.probe(reason);
      remember(memory, reason);
      judge(memory, story);
      if (story.kills.length > kills) goOn(memory, story);
    },
  }));

/** A minute of the same, as it is when something hangs. */
const minute = fc.constantFrom<ProbeReason>('ok', 'timeout', 'error', 'wrong').map((reason) => ({
  toString: () => `a minute of ${reason}`,
  check: () => true,
  run(memory: Memory, story: Story) {
    const kills = story.kills.length;
    for (let second = 0; second < 60 && story.kills.length === kills; second++) {
      look(memory, story);
      story.probe(reason);
      remember(memory, reason);
      judge(memory, story);
    }
    if (story.kills.length > kills) goOn(memory, story);
  },
}));

const done = fc.constant({
  toString: () => 'work is done',
  check: () => true,
  run(memory: Memory, story: Story) {
    const { incarnation } = story.unit;
    if (incarnation) story.see({ type: 'completion', incarnation, source: 'counter' });
    memory.silent = 0;
  },
});

const toggle = (what: 'frozen' | 'burning') =>
  fc.constant({
    toString: () => `${what} or not`,
    check: () => true,
    run(memory: Memory) {
      memory[what] = !memory[what];
    },
  });

function remember(memory: Memory, reason: ProbeReason): void {
  memory.last = reason;
  if (reason === 'blind') return;
  memory.silent = SILENT.includes(reason) ? memory.silent + 1 : 0;
  if (reason !== 'busy') memory.told = [...memory.told, reason].slice(-20);
}

/** The next life begins well, and knows nothing of the last one. */
function goOn(memory: Memory, story: Story): void {
  Object.assign(memory, {
    told: [],
    silent: 0,
    frozen: false,
    burning: false,
    idleLooks: 9,
    last: 'ok',
    cpuMs: 0,
  });
  story.revive(story.kills.length + 1).probe('ok', 'ok');
}

/** What may be said, whatever the code's own reasons are. */
function judge({ last, silent, told, frozen, idleLooks }: Memory, story: Story): void {
  const { kind, sentence } = story.state.verdict;
  seen.set(kind, (seen.get(kind) ?? 0) + 1);
  const says = (must: boolean, why: string) => assert.ok(must, `${sentence}: ${why}`);
  says(sentence.startsWith(`${kind}: `), 'its sentence begins with it');
  if (last === 'ok') return says(!KILLABLE.has(kind) && kind === 'serving', 'it has just answered right');
  if (kind === 'frozen') says(frozen && silent >= 3, 'not stopped, or not silent');
  if (kind === 'hung') says(silent >= 3 && !frozen, 'not silent for three, or only stopped');
  if (kind === 'busy' && last === 'timeout')
    says(idleLooks < 5 || silent < 3, 'nothing shows that it is at work');
  if (kind === 'wrong' || kind === 'erroring') {
    const failed = told.slice(-10).filter((reason) => reason !== 'ok').length;
    says(failed >= 3, 'M of N');
  }
  says(kind !== 'misconfigured' && kind !== 'drift' && kind !== 'masked', 'nobody said that');
}

test('every verdict, against the memory of somebody who watches', () => {
  const commands = fc.commands([probe, probe, probe, minute, done, toggle('frozen'), toggle('burning')], {
    maxCommands: 30,
  });
  fc.assert(
    fc.property(commands, (some) => {
      const story = serving({ ...POLICY, killsMax: 100 });
      const memory: Memory = {
        told: [],
        last: 'ok',
        silent: 0,
        frozen: false,
        burning: false,
        idleLooks: 9,
        cpuMs: 0,
      };
      story.unit = { ...story.unit, startLimit: { burst: 0, intervalMs: 0 } };
      fc.modelRun(() => ({ model: memory, real: story }), some);
    }),
    { numRuns: 300, seed: 1, includeErrorInReport: true },
  );
  for (const kind of ['serving', 'suspect', 'busy', 'hung', 'frozen', 'wrong', 'erroring'] as const) {
    assert.ok((seen.get(kind) ?? 0) > 0, `${kind} was never said`);
  }
});
