import type { LayerConfig } from '../config/service.js';
import type { Policy } from '../core/policy.js';
import { soonestNoticeMs, worstNoticeMs } from '../watch/policy.js';
import { type FailureClass, failureClasses, inClass } from './classes.js';
import type { Defence } from './defence.js';

/** From the failure to its page, ms: at the soonest, and at the worst. */
export interface Within {
  soonest: number;
  worst: number;
}

/** What one layer does about one failure. */
export interface Cell {
  layer: string;
  /** blind: it can't see, and says so afterwards; mute: it is up, and its pages wait until the line is back. */
  state: 'up' | 'down' | 'blind' | 'mute';
  /** What it notices: the loss itself, or the silence of other layers. */
  notices: { loss: boolean; silenceOf: string[] };
  /** What it can do about it. */
  acts: string | null;
  /** Notifiers through which it can tell a person, while the failure lasts. */
  tells: string[];
  /** From the loss to its page; one that is over sooner is not told by this layer. Null: it tells of none. */
  lossMs: Within | null;
  /** The same of the silence of each layer, by its name; empty where it can't tell. */
  silenceMs: { [layer: string]: Within };
  /** The longest until its first page leaves, ms; null when there will be none. */
  worstMs: number | null;
}

export interface Row {
  failure: FailureClass;
  /** Does the service fail with it? */
  loss: boolean;
  cells: Cell[];
  /** Heartbeat services outside that notice the silence of a layer. */
  outside: string[];
  /** The longest until they do, as far as this config says it; null where there are none. */
  outsideMs: number | null;
  /** Is there somebody who notices and can tell? */
  caught: boolean;
}

export interface Matrix {
  service: string;
  rows: Row[];
  /** Domains that two or more layers, or a layer and the service, are in together. */
  shared: { kind: string; name: string; members: string[] }[];
}

/** Failure class by layer: who notices, who can act, who can tell, and how late at the worst. Pure. */
export function matrixOf(defence: Defence): Matrix {
  const rows = failureClasses(defence).map((failure) => rowOf(failure, defence));
  return { service: defence.service.name, rows, shared: sharedDomains(defence) };
}

function rowOf(failure: FailureClass, defence: Defence): Row {
  const { service, layers } = defence;
  const loss = failure.kind === 'model' || failure.kind === 'tunnel' || inClass(failure, service);
  const taken = layers.filter((layer) => inClass(failure, layer));
  const cells = layers.map((layer) => cellOf(layer, failure, { loss, taken }, defence));
  const known = new Set(layers.map(({ name }) => name));
  const waits = taken.flatMap(({ heardBy, everyMs, graceMs }) =>
    heardBy
      .filter((by) => !known.has(by) && by !== failure.name)
      .map((by) => [by, everyMs + graceMs] as const),
  );
  const outside = waits.map(([by]) => by);
  // A notifier's provider alone: as long as one layer still gets through, a loss meanwhile is told.
  const muted = !loss && taken.length === 0;
  const caught = muted
    ? cells.some(({ tells }) => tells.length > 0)
    : cells.some(({ worstMs }) => worstMs !== null) || outside.length > 0;
  const outsideMs = waits.length > 0 ? Math.max(...waits.map(([, ms]) => ms)) : null;
  return { failure, loss, cells, outside: [...new Set(outside)], outsideMs, caught };
}

function cellOf(
  layer: LayerConfig,
  failure: FailureClass,
  { loss, taken }: { loss: boolean; taken: LayerConfig[] },
  defence: Defence,
): Cell {
  const state = !taken.includes(layer) ? 'up' : failure.kind !== 'uplink' ? 'down' : cutOff(layer);
  const up = state === 'up';
  const seesLoss = up && loss && canSee(layer, failure, defence);
  const heard = up ? taken.filter(({ heardBy }) => heardBy.includes(layer.name)) : [];
  const tells = up ? tellers(layer, failure, defence) : [];
  const can = tells.length > 0;
  const lossMs = seesLoss && can ? lossWithinMs(layer, failure, defence) : null;
  const silenceMs = can
    ? Object.fromEntries(heard.map((other) => [other.name, silenceWithinMs(other, layer, defence)]))
    : {};
  const first = Math.min(
    lossMs?.worst ?? Number.POSITIVE_INFINITY,
    ...Object.values(silenceMs).map(({ worst }) => worst),
  );
  return {
    layer: layer.name,
    state,
    notices: { loss: seesLoss, silenceOf: heard.map(({ name }) => name) },
    acts: up && layer.kind === 'guard' ? actOf(failure, defence) : null,
    tells,
    lossMs,
    silenceMs,
    worstMs: Number.isFinite(first) ? first : null,
  };
}

/** The guard goes on seeing its service without a line; whoever looks through the public way sees nothing. */
function cutOff({ kind }: LayerConfig): 'blind' | 'mute' {
  return kind === 'guard' ? 'mute' : 'blind';
}

/** The guard sees its own service and, where that is configured, its tunnel; the others see the public way. */
function canSee(layer: LayerConfig, failure: FailureClass, defence: Defence): boolean {
  if (layer.kind === 'guard') {
    return failure.kind === 'model' || (failure.kind === 'tunnel' && defence.tunnel !== null);
  }
  // With every control target gone too, it is blind and says nothing while that lasts.
  return defence.service.public && defence.controls.some((control) => !inClass(failure, control));
}

function actOf(failure: FailureClass, { tunnel }: Defence): string | null {
  if (failure.kind === 'model') return 'SIGKILL, its supervisor revives it';
  return failure.kind === 'tunnel' && tunnel !== null ? 'SIGKILL of the tunnel' : null;
}

function tellers(layer: LayerConfig, failure: FailureClass, { notifiers }: Defence): string[] {
  return layer.notify.filter((name) => !inClass(failure, { domains: notifiers[name] ?? {} }));
}

/** Detection as each layer's policy has it; a page leaves at once after it. */
function lossWithinMs(layer: LayerConfig, failure: FailureClass, { guard, tunnel, watch }: Defence): Within {
  if (layer.kind === 'guard') {
    return { soonest: 0, worst: guardWorstMs(failure.kind === 'tunnel' && tunnel !== null ? tunnel : guard) };
  }
  const policy = { ...watch, everyMs: layer.everyMs, confirmMs: Math.min(watch.confirmMs, layer.everyMs) };
  return { soonest: soonestNoticeMs(policy), worst: worstNoticeMs(policy) };
}

/** A hang with the longest patience; or a crash that its supervisor goes on mending, which is told when it takes too long. */
function guardWorstMs(policy: Policy): number {
  const { intervalMs, failureThreshold, deadlineMaxMs, confirmMs, busyLimitMs, escalateAfterMs } = policy;
  return intervalMs + Math.max(failureThreshold * (deadlineMaxMs + confirmMs) + busyLimitMs, escalateAfterMs);
}

/** A resident layer listens all the time; one that comes in passes judges at the end of one. */
function silenceWithinMs(other: LayerConfig, by: LayerConfig, { watch }: Defence): Within {
  const listens = by.kind === 'beacon' ? worstNoticeMs({ ...watch, everyMs: by.everyMs }) : by.everyMs;
  const { everyMs, graceMs } = other;
  return { soonest: Math.max(0, graceMs - everyMs), worst: everyMs + graceMs + listens };
}

function sharedDomains({ service, layers }: Defence): Matrix['shared'] {
  const members = new Map<string, string[]>();
  for (const { name, domains } of [...layers, { name: 'the service', domains: service.domains }]) {
    for (const [kind, names] of Object.entries(domains)) {
      for (const domain of names ?? []) {
        const key = JSON.stringify([kind, domain]);
        members.set(key, [...(members.get(key) ?? []), name]);
      }
    }
  }
  return [...members].flatMap(([key, names]) => {
    const [kind, name] = JSON.parse(key) as [string, string];
    return names.length > 1 ? [{ kind, name, members: names }] : [];
  });
}
