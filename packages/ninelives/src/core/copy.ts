import type { GuardState, Incident } from './decision.js';
import type { Life, PastLife } from './life.js';

/** Every field by its name, optional ones too: whoever adds a field is told by the compiler to copy it. */
type EachFieldOf<T> = { [K in keyof Required<T>]: T[K] };

// One level deep and field by field. Object spread would say the same, and takes five times as long once the engine has
// seen objects of several shapes; a step is taken at every look, and millions of times in a simulated weekend.

export function copyState(state: GuardState): GuardState {
  const copy: EachFieldOf<GuardState> = {
    version: state.version,
    service: state.service,
    bootId: state.bootId,
    desired: state.desired,
    power: state.power,
    proof: state.proof,
    verdict: state.verdict,
    unit: state.unit,
    unitAtMs: state.unitAtMs,
    life: state.life && copyLife(state.life),
    past: state.past && copyPast(state.past),
    downSinceMs: state.downSinceMs,
    incident: state.incident && copyIncident(state.incident),
    drill: state.drill,
    kills: state.kills,
    series: state.series,
    revivals: state.revivals,
    loadsMs: state.loadsMs,
    intent: state.intent,
    latenciesMs: state.latenciesMs,
    longestMs: state.longestMs,
    probeDueAtMs: state.probeDueAtMs,
    probeDeadlineMs: state.probeDeadlineMs,
    atHand: state.atHand,
    withheld: state.withheld,
    nextId: state.nextId,
  };
  return copy as GuardState;
}

function copyLife(life: Life): Life {
  const copy: EachFieldOf<Life> = {
    incarnation: life.incarnation,
    sinceMs: life.sinceMs,
    servedAtMs: life.servedAtMs,
    answeredAtMs: life.answeredAtMs,
    failures: life.failures,
    firstFailureAtMs: life.firstFailureAtMs,
    firstFailureWallMs: life.firstFailureWallMs,
    passes: life.passes,
    recent: life.recent,
    lastOutcome: life.lastOutcome,
    lastProbeAtMs: life.lastProbeAtMs,
    lastCompletionAtMs: life.lastCompletionAtMs,
    stillAtMs: life.stillAtMs,
    traffic: life.traffic,
    pulse: life.pulse,
    activeAtMs: life.activeAtMs,
    sight: life.sight,
    fullSinceMs: life.fullSinceMs,
    fullAnswers: life.fullAnswers,
    fullHarm: life.fullHarm,
    casualtyAtMs: life.casualtyAtMs,
    present: life.present,
    crew: life.crew,
    movedAtMs: life.movedAtMs,
    workMark: life.workMark,
    memoryMark: life.memoryMark,
    growth: life.growth,
    killIntentId: life.killIntentId,
    revived: life.revived,
    unkillable: life.unkillable,
  };
  return copy as Life;
}

function copyPast(past: PastLife): PastLife {
  const copy: EachFieldOf<PastLife> = {
    incarnation: past.incarnation,
    endedAtMs: past.endedAtMs,
    restarts: past.restarts,
    killIntentId: past.killIntentId,
    unseenSince: past.unseenSince,
  };
  return copy as PastLife;
}

function copyIncident(incident: Incident): Incident {
  const copy: EachFieldOf<Incident> = {
    id: incident.id,
    service: incident.service,
    status: incident.status,
    kind: incident.kind,
    sentence: incident.sentence,
    drill: incident.drill,
    openedAtMs: incident.openedAtMs,
    openedWallMs: incident.openedWallMs,
    firstFailureAtMs: incident.firstFailureAtMs,
    firstFailureWallMs: incident.firstFailureWallMs,
    killedAtMs: incident.killedAtMs,
    restartedAtMs: incident.restartedAtMs,
    servingAtMs: incident.servingAtMs,
    resolvedAtMs: incident.resolvedAtMs,
    resolvedWallMs: incident.resolvedWallMs,
    kills: incident.kills,
    escalations: incident.escalations,
    acknowledgedBy: incident.acknowledgedBy,
  };
  return copy;
}
