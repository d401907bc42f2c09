import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KillIntent } from '../../src/core/decision.js';
import { DEFAULT_POLICY } from '../../src/core/policy.js';
import type { ProbeOutcome, ProcessSample, TrafficSight, UnitSnapshot } from '../../src/core/types.js';
import { createGuard } from '../../src/daemon/loop.js';
import { DEFAULT_TIMING, type GuardPorts } from '../../src/daemon/ports.js';
import { memoryRecord } from '../../src/record/memory.js';
import { unitOf } from '../fixtures/core-story.js';
import { VirtualTime } from './seed/clock.js';

/**
 * How soon a kill follows, on default settings and on virtual time: what a busy machine adds is not in here, and what
 * is in here no machine can make better. The moment of the fault is swept over a whole interval between two probes.
 */

/** What is seen of a fault from outside. */
interface Fault {
  name: string;
  /** From the fault to the decision to kill, at the latest. Evidence and the signal itself take 0.3 s more. */
  withinMs: number;
  /** The children, once it has begun. */
  children?: (engine: ProcessSample) => ProcessSample[];
  mainState?: string;
  /** CPU of the doers, ms a second. */
  burns?: number;
  cheapSilent?: boolean;
  /** A counter that stands still from the fault on. */
  counter?: boolean;
  traffic?: TrafficSight;
}

const FAULTS: Fault[] = [
  { name: 'engine frozen', withinMs: 4_300, children: (engine) => [{ ...engine, state: 'T' }] },
  { name: 'engine dead', withinMs: 4_300, children: () => [] },
  { name: 'engine a zombie', withinMs: 4_300, children: (engine) => [{ ...engine, state: 'Z' }] },
  { name: 'main process frozen', withinMs: 4_300, mainState: 'T', cheapSilent: true },
  { name: 'a counter stands still', withinMs: 6_400, counter: true },
  {
    name: 'the gateway’s clients wait too long',
    withinMs: 7_500,
    traffic: { kind: 'standing', text: 'nothing completes' },
  },
  { name: 'nothing moves', withinMs: 24_500 },
  { name: 'event loop blocked', withinMs: 34_500, burns: 900, cheapSilent: true },
];

const ANSWER_MS = 20;

/** From the fault to the kill's decision, ms; null: none within two minutes. */
function timeToKill(fault: Fault, faultMs: number): { afterMs: number; reason: string } | null {
  const time = new VirtualTime();
  let killed: KillIntent | null = null;
  const record = memoryRecord();
  const guard = createGuard({
    service: 'model',
    bootId: 'boot-1',
    policy: DEFAULT_POLICY,
    power: 'armed',
    timing: DEFAULT_TIMING,
    record,
    commit(decision, consumed) {
      record.commit('model', decision, { notifiers: [], consumed });
      return 'committed';
    },
    ports: portsOf(fault, time, faultMs, (intent) => {
      killed ??= intent;
    }),
  });
  guard.begin();
  while (killed === null && time.nowMs < faultMs + 120_000) time.step(faultMs + 120_000);
  guard.stop();
  const intent = killed as KillIntent | null;
  return intent && { afterMs: intent.atMs - faultMs, reason: intent.reason };
}

function portsOf(
  fault: Fault,
  time: VirtualTime,
  faultMs: number,
  onKill: (intent: KillIntent) => void,
): GuardPorts {
  const begun = () => time.nowMs >= faultMs;
  return {
    clock: {
      monotonicMs: () => time.nowMs,
      wallMs: () => 1_767_225_600_000 + time.nowMs,
      after(delayMs, run) {
        const timer = time.after(delayMs, run);
        return () => {
          timer.run = null;
        };
      },
    },
    inspect: (done) => time.after(5, () => done(unitNow(fault, time.nowMs, begun()))),
    probe({ deadlineMs }, done) {
      const startedMs = time.nowMs;
      const cheap = (status: number | null) => [{ path: '/health', status, tookMs: 2 }];
      const told = (outcome: Partial<ProbeOutcome>) =>
        done({
          reason: 'ok',
          detail: '',
          tookMs: time.nowMs - startedMs,
          status: 200,
          cheap: [],
          ...outcome,
        });
      time.after(ANSWER_MS, () => {
        if (!begun()) return told({});
        time.after(deadlineMs - ANSWER_MS, () =>
          told({ reason: 'timeout', detail: 'no answer', cheap: cheap(fault.cheapSilent ? null : 200) }),
        );
      });
    },
    completions: fault.counter ? (done) => time.after(5, () => done(Math.min(faultMs, time.nowMs))) : null,
    ...(fault.traffic ? { traffic: trafficOf(fault.traffic, begun) } : {}),
    kill: onKill,
    start: null,
    committed: () => {},
    tellWithoutRecord: () => {},
  };
}

/** The gateway says it as soon as its clients have waited longer than ever: half a second here. */
function trafficOf(sight: TrafficSight, begun: () => boolean): NonNullable<GuardPorts['traffic']> {
  return (done) =>
    done(begun() ? { completed: false, sight } : { completed: true, sight: { kind: 'none', text: '' } });
}

function unitNow(fault: Fault, nowMs: number, begun: boolean): UnitSnapshot {
  const unit = unitOf(1);
  const main = unit.processes[0] as ProcessSample;
  const engine: ProcessSample = { ...main, pid: 201, startTicks: 2_001, name: 'engine', main: false };
  const cpuMs = begun ? ((fault.burns ?? 0) * nowMs) / 1_000 : 0;
  const children = begun && fault.children ? fault.children(engine) : [engine];
  const state = begun ? (fault.mainState ?? 'S') : 'S';
  return { ...unit, processes: [{ ...main, state, cpuMs }, ...children] };
}

test('each class is killed as soon as is promised, wherever between two probes the fault falls', () => {
  for (const fault of FAULTS) {
    const slowest = { afterMs: 0, reason: '', phaseMs: 0 };
    for (let phaseMs = 0; phaseMs < DEFAULT_POLICY.intervalMs + 100; phaseMs += 100) {
      const kill = timeToKill(fault, 30_000 + phaseMs);
      assert.ok(kill, `${fault.name}: never, fault at +${phaseMs} ms`);
      if (kill.afterMs > slowest.afterMs) Object.assign(slowest, kill, { phaseMs });
    }
    const said = `${fault.name}: ${slowest.afterMs} ms, fault at +${slowest.phaseMs} ms: ${slowest.reason}`;
    assert.ok(slowest.afterMs <= fault.withinMs, said);
  }
});
