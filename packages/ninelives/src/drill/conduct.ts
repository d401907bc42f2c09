import type { RecordEvent } from '../core/decision.js';
import { type Aim, type Fault, isHealed, type Scene } from './faults/fault.js';
import { observeLimitMs } from './limits.js';
import type { DrillOptions, DrillPorts } from './ports.js';
import { tellGuard } from './post.js';
import { aimAt, noGuard } from './refusal.js';
import type { Deed, DrillNews, DrillRefusal, DrillReport, SteadyState } from './report.js';
import { type TimedAnswer, tallyCheap } from './story/cheap-tally.js';
import { isKillOfMain, timelineOf, timesOf } from './story/timeline.js';
import { type SceneWatch, watchScene } from './story/watch.js';

const LOOK_EVERY_MS = 50;
const CHEAP_EVERY_MS = 150;
/** What somebody who pressed Ctrl-C is made to wait for the last question, at most. */
const INTERRUPTED_MS = 15_000;

export interface Run {
  drillId: string;
  fault: Fault;
  options: DrillOptions;
  ports: DrillPorts;
  steady: SteadyState;
  /** How long the service gets to serve again once it may. */
  recoverMs: number;
  /** The service's story so far. */
  past: readonly RecordEvent[];
  tell: (news: DrillNews) => void;
  signal: AbortSignal;
}

/** A run that has begun: everything that was done and seen. */
interface Course extends Run {
  aim: Aim;
  deeds: Deed[];
  watch: SceneWatch;
  answers: TimedAnswer[];
  told: Set<string>;
}

/** Mark → standby → fault → observe → undo → wait until it serves → report. From the fault on, the undo is certain. */
export async function conduct(run: Run): Promise<DrillReport | DrillRefusal> {
  const { ports, fault, drillId, options } = run;
  const service = options.config.name;
  const before = ports.record.load(service)?.state;
  const limitMs = options.limitMs ?? (before ? observeLimitMs(options.config, before, run.past) : 0);
  const forMs = limitMs + run.recoverMs;
  const mark = {
    type: 'drill-begun',
    drillId,
    fault: fault.name,
    permitKill: fault.needs === 'kill',
    forMs,
  } as const;
  if (!(await tellGuard(ports, service, mark, options.by))) {
    return noGuard(service);
  }
  try {
    // Once more: the processes as they are now, not as they were before the steady state was measured.
    const state = ports.record.load(service)?.state;
    if (!state?.unit) return noGuard(service);
    const aim = aimAt(fault, state.unit, options.really);
    if ('refused' in aim) return aim;
    const watch = watchScene({
      record: ports.record,
      config: options.config,
      state,
      nowMs: ports.clock.monotonicMs,
    });
    const course: Course = { ...run, aim, watch, deeds: [], answers: [], told: new Set() };
    await injectAndUndo(course, limitMs);
    const restored = await recover(course);
    const report = reportOf(course, state.unit.incarnation?.pid ?? 0, restored);
    const { wallMs } = course.deeds[0] as Deed;
    ports.record.saveDrill({
      id: drillId,
      service,
      fault: fault.name,
      wallMs,
      passed: report.passed,
      report,
    });
    return report;
  } finally {
    await tellGuard(ports, service, { type: 'drill-ended', drillId }, options.by);
  }
}

async function injectAndUndo(course: Course, limitMs: number): Promise<void> {
  const { fault, ports, aim } = course;
  const { undo } = fault;
  const standby =
    undo === 'none'
      ? null
      : await ports.arm(undo === 'continue' ? { continue: aim.processes } : { start: true });
  try {
    await strike(course, aim);
    await observe(course, limitMs);
  } finally {
    let undone = false;
    try {
      await undoFault(course);
      undone = true;
    } finally {
      await standby?.release(undone);
    }
  }
}

/** Sends the signal; the row says who got it. */
async function strike({ deeds, ports, tell }: Course, { signal, processes }: Aim): Promise<void> {
  const { clock } = ports;
  // Of what only stops, the guard says it itself when it kills.
  if (signal !== 'SIGSTOP') await ports.announce();
  const at = { atMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  const hit = processes.filter((id) => ports.signal(id, signal));
  const whom = hit.length === 0 ? 'nobody: gone already' : hit.map((id) => id.pid).join(', ');
  const type = signal === 'SIGKILL' ? 'killed' : 'injected';
  const deed: Deed = { ...at, type, processes: hit, text: `${signal} to ${whom}` };
  deeds.push(deed);
  tell({ type: 'row', row: { type, ...at, sinceMs: null, text: deed.text } });
}

/** Until what is expected was seen, the limit has passed, or somebody stops us. */
async function observe(course: Course, limitMs: number): Promise<void> {
  const { fault, ports, signal, deeds } = course;
  const { clock } = ports;
  const cheap = new AbortController();
  const cheapWatch = fault.needs === 'kill' ? watchCheap(course, cheap.signal) : Promise.resolve();
  try {
    const untilMs = clock.monotonicMs() + limitMs;
    while (clock.monotonicMs() < untilMs && !signal.aborted) {
      const scene = look(course);
      if (scene.events.some(isKillOfMain)) cheap.abort();
      if (deeds[0]?.processes.length === 0 || fault.seen(scene)) return;
      const next = fault.again?.(scene);
      if (next) await strike(course, { ...course.aim, processes: [next] });
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  } finally {
    cheap.abort();
    await cheapWatch;
  }
}

function look({ watch, deeds, told, tell }: Pick<Course, 'watch' | 'deeds' | 'told' | 'tell'>): Scene {
  const scene = watch.look(deeds);
  for (const row of timelineOf(scene.deeds, scene.events)) {
    const key = `${row.type} ${row.atMs} ${row.text}`;
    const known = told.has(key) || deeds.some((deed) => deed.atMs === row.atMs && deed.text === row.text);
    if (known) continue;
    told.add(key);
    tell({ type: 'row', row });
  }
  return scene;
}

/** What the cheap endpoints say while real work waits. */
async function watchCheap({ ports, answers }: Course, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    const said = await ports.askCheap(until);
    const atMs = ports.clock.monotonicMs();
    // Cut short by us: that says nothing about the endpoint.
    if (!until.aborted) answers.push(...said.map((answer) => ({ ...answer, atMs })));
    await ports.clock.sleep(CHEAP_EVERY_MS, until);
  }
}

/** Wakes what still is stopped, or has the supervisor start what is down. Never fails for what is gone. */
async function undoFault({ fault, ports, deeds, tell }: Course): Promise<void> {
  const { clock } = ports;
  const at = { atMs: clock.monotonicMs(), wallMs: clock.wallMs() };
  const add = (deed: Deed) => {
    deeds.push(deed);
    tell({ type: 'row', row: { type: deed.type, ...at, sinceMs: null, text: deed.text } });
  };
  if (fault.undo === 'continue') {
    const woken = (deeds[0]?.processes ?? []).filter((id) => ports.signal(id, 'SIGCONT'));
    if (woken.length === 0) return; // killed, as it should be
    const text = `SIGCONT to ${woken.map((id) => id.pid).join(', ')}`;
    add({ ...at, type: 'restored', processes: woken, text });
  }
  if (fault.undo === 'start') {
    await ports.start();
    add({ ...at, type: 'restored', processes: [], text: 'its supervisor is told to start it' });
  }
}

/** Waits until the guard says that it serves, and then asks once itself. True: all is as it was. */
async function recover(course: Course): Promise<boolean> {
  const { ports, signal, deeds } = course;
  const { clock } = ports;
  const untilMs = clock.monotonicMs() + (signal.aborted ? INTERRUPTED_MS : course.recoverMs);
  const never = new AbortController().signal;
  const ask = ports.prober();
  for (let attempt = 1; clock.monotonicMs() < untilMs; attempt += 1) {
    const scene = look(course);
    const stopped = deeds.some((deed) => deed.processes.some((id) => ports.stateOf(id) === 'T'));
    if (!stopped && (signal.aborted || isHealed(scene))) {
      const deadlineMs = Math.max(scene.state.probeDeadlineMs, course.options.config.policy.deadlineMinMs);
      const outcome = await ask({ deadlineMs, attempt, signal: never });
      if (outcome.reason === 'ok') return true;
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
  return false;
}

function reportOf(course: Course, oldPid: number, restored: boolean): DrillReport {
  const { deeds, signal, ports, options, drillId, fault, aim } = course;
  const scene = look(course);
  const first = deeds[0] as Deed;
  const interrupted = signal.aborted && !fault.seen(scene);
  const why = interrupted ? ['interrupted before its end'] : fault.judge(scene);
  if (first.processes.length === 0) why.unshift('nobody was left to signal when the fault was due');
  if (!restored) why.push(`it does not serve now: ${scene.state.verdict.sentence}`);
  const timeline = timelineOf(deeds, scene.events);
  const service = options.config.name;
  const incident = ports.record
    .incidents({ service, sinceWallMs: first.wallMs })
    .findLast((candidate) => candidate.drill?.drillId === drillId);
  const untilMs = scene.events.find(isKillOfMain)?.atMs ?? Number.POSITIVE_INFINITY;
  return {
    drillId,
    service,
    fault: fault.name,
    at: new Date(first.wallMs).toISOString(),
    passed: why.length === 0,
    why,
    interrupted,
    steadyState: course.steady,
    injection: { signal: aim.signal, processes: first.processes, text: aim.text },
    times: timesOf(timeline),
    timeline,
    cheap: tallyCheap(course.answers, untilMs),
    incident: incident
      ? { id: incident.id, kind: incident.kind, status: incident.status, kills: incident.kills }
      : null,
    oldPid,
    newPid: scene.state.life?.incarnation.pid ?? null,
    restored,
  };
}
