import type { LayerConfig } from '../config/service.js';
import { worstNoticeMs } from '../watch/policy.js';
import { type FailureClass, failureClasses, inClass } from './classes.js';
import type { Defence } from './defence.js';

/** What one layer does about one failure. */
export interface Cell {
  layer: string;
  state: 'up' | 'down' | 'blind';
  /** What it notices: the loss itself, or the silence of other layers. */
  notices: { loss: boolean; silenceOf: string[] };
  /** What it can do about it. */
  acts: string | null;
  /** Notifiers through which it can tell a person, while the failure lasts. */
  tells: string[];
  /** The longest until its page leaves, ms; null when there will be none. */
  worstMs: number | null;
}

export interface Row {
  failure: FailureClass;
  /** Does the service fail with it? */
  loss: boolean;
  cells: Cell[];
  /** Heartbeat services outside that notice the silence of a layer. */
  outside: string[];
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
  const outside = taken.flatMap(({ heardBy }) =>
    heardBy.filter((by) => !known.has(by) && by !== failure.name),
  );
  // A notifier's provider alone: as long as one layer still gets through, a loss meanwhile is told.
  const muted = !loss && taken.length === 0;
  const caught = muted
    ? cells.some(({ tells }) => tells.length > 0)
    : cells.some(({ worstMs }) => worstMs !== null) || outside.length > 0;
  return { failure, loss, cells, outside: [...new Set(outside)], caught };
}

function cellOf(
  layer: LayerConfig,
  failure: FailureClass,
  { loss, taken }: { loss: boolean; taken: LayerConfig[] },
  defence: Defence,
): Cell {
  const state = !taken.includes(layer) ? 'up' : failure.kind === 'uplink' ? 'blind' : 'down';
  const up = state === 'up';
  const seesLoss = up && loss && canSee(layer, failure, defence);
  const silenceOf = up
    ? taken.filter(({ heardBy }) => heardBy.includes(layer.name)).map(({ name }) => name)
    : [];
  const tells = up ? tellers(layer, failure, defence) : [];
  const lossMs = seesLoss ? lossWithinMs(layer, defence) : Number.POSITIVE_INFINITY;
  const silenceMs = taken
    .filter(({ name }) => silenceOf.includes(name))
    .map((other) => other.everyMs + other.graceMs + layer.everyMs);
  const soonest = Math.min(lossMs, ...silenceMs);
  return {
    layer: layer.name,
    state,
    notices: { loss: seesLoss, silenceOf },
    acts: up && layer.kind === 'guard' ? actOf(failure, defence) : null,
    tells,
    worstMs: tells.length > 0 && Number.isFinite(soonest) ? soonest : null,
  };
}

/** The guard sees its own service and, where that is configured, its tunnel; the others see the public way. */
function canSee(layer: LayerConfig, failure: FailureClass, defence: Defence): boolean {
  if (layer.kind === 'guard') {
    return failure.kind === 'model' || (failure.kind === 'tunnel' && defence.tunnelGuarded);
  }
  // With every control target gone too, it is blind and says nothing while that lasts.
  return defence.service.public && defence.controls.some((control) => !inClass(failure, control));
}

function actOf(failure: FailureClass, { tunnelGuarded }: Defence): string | null {
  if (failure.kind === 'model') return 'SIGKILL, its supervisor revives it';
  return failure.kind === 'tunnel' && tunnelGuarded ? 'SIGKILL of the tunnel' : null;
}

function tellers(layer: LayerConfig, failure: FailureClass, { notifiers }: Defence): string[] {
  return layer.notify.filter((name) => !inClass(failure, { domains: notifiers[name] ?? {} }));
}

/** Detection at the worst, as each layer's policy has it; a page leaves at once after it. */
function lossWithinMs(layer: LayerConfig, { guard, watch }: Defence): number {
  if (layer.kind !== 'guard') return worstNoticeMs({ ...watch, everyMs: layer.everyMs });
  const { intervalMs, failureThreshold, deadlineMaxMs, confirmMs, busyLimitMs } = guard;
  return intervalMs + failureThreshold * (deadlineMaxMs + confirmMs) + busyLimitMs;
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
