import type { GuardState, Incident } from '../../core/decision.js';
import { digestOf } from '../../evidence/digest.js';
import type { StoredEvidence } from '../../evidence/store.js';
import type { TrafficEvidence } from '../../gateway/status/evidence.js';
import { isHeart } from '../../heartbeat/step.js';
import type { GuardRecord, StoredEvent } from '../../record/record.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { gatewayJson, gatewayWords } from '../gateway/seen.js';
import { guardedNames } from '../guarded.js';
import { storyLine } from '../story.js';
import { clockTime, span, type Terminal } from '../terminal.js';
import { mailJson, mailOf, showMail } from './mail.js';

const ANY = 1_000_000;

/** Whoever holds the state folder now; null when no guard runs on it. */
export interface Watching {
  pid: number;
  startTicks: number;
  command: string;
}

/** `status`: one sentence a service, as the guard sees it now. Exit 1 when one of them is not serving. */
export function showStatus(
  record: GuardRecord,
  watching: Watching | null,
  options: { json: boolean; nowWallMs: number; gateways: ReadonlyMap<string, TrafficEvidence | null> },
  terminal: Terminal,
): ExitCode {
  const { gateways } = options;
  const states = statesOf(record, watching);
  const healthy = states.every(isHealthy) && watching !== null;
  const mail = mailOf(record, options.nowWallMs);
  const hearts = heartsOf(record);
  if (options.json) {
    const services = states.map((state) => {
      const seen = gateways.get(state.service);
      return { ...statusJson(state, record), gateway: seen === undefined ? null : gatewayJson(seen) };
    });
    terminal.out(
      JSON.stringify({ healthy, guard: watching, services, heartbeats: hearts, outbox: mailJson(mail) }),
    );
    return healthy ? EXIT.fine : EXIT.unhealthy;
  }
  for (const state of states) {
    const style = isHealthy(state) ? 'green' : state.incident ? 'red' : 'yellow';
    terminal.out(
      `${terminal.style('bold', state.service)}  ${terminal.style(style, state.verdict.sentence)}`,
    );
    const pid = state.life ? `pid ${state.life.incarnation.pid}, ` : '';
    terminal.out(`  ${pid}${state.desired}, ${state.power}, ${state.kills.length} kills in the window`);
    const seen = gateways.get(state.service);
    if (seen !== undefined) terminal.out(`  ${gatewayWords(seen)}`);
    if (state.proof?.by === 'word') {
      terminal.out(terminal.style('yellow', '  armed without a proof; prove it: ninelives drill crash'));
    } else if (state.power === 'watch-only' && !('watch' in state)) {
      terminal.out(
        terminal.style('yellow', '  watching only, no kill; prove the recovery: ninelives drill crash'),
      );
    }
    if (state.incident) {
      const since = span(options.nowWallMs - state.incident.firstFailureWallMs);
      terminal.out(`  ${state.incident.status} incident ${state.incident.id}, since ${since}`);
    }
  }
  for (const { service, verdict } of hearts) {
    const style = verdict.kind === 'serving' ? 'green' : 'yellow';
    terminal.out(`${terminal.style('bold', service)}  ${terminal.style(style, verdict.sentence)}`);
  }
  showMail(mail, options.nowWallMs, terminal);
  if (watching) terminal.out(`guarded by ${watching.command} (pid ${watching.pid})`);
  else terminal.out(terminal.style('red', 'no guard is running: this is how it was when the last one ended'));
  return healthy ? EXIT.fine : EXIT.unhealthy;
}

function statesOf(record: GuardRecord, watching: Watching | null): GuardState[] {
  const states = guardedNames(record, watching).flatMap((service) => record.load(service)?.state ?? []);
  if (states.length > 0) return states;
  throw new CliError('nothing is guarded in this state folder yet', EXIT.environment, 'ninelives up');
}

/** Other layers that this one listens to. */
function heartsOf(record: GuardRecord) {
  const names = record.services().filter(isHeart);
  return names
    .flatMap((name) => record.load(name)?.state ?? [])
    .map(({ service, verdict, desired, incident }) => ({ service, verdict, desired, incident }));
}

function isHealthy(state: GuardState): boolean {
  return state.verdict.kind === 'serving' && state.incident === null;
}

function statusJson(state: GuardState, record: GuardRecord) {
  const { service, verdict, desired, power, proof, incident, kills, life, unit } = state;
  return {
    service,
    verdict,
    desired,
    power,
    proof: proof && { by: proof.by, wallMs: proof.wallMs },
    incident,
    incarnation: life?.incarnation ?? null,
    unit: unit && { phase: unit.phase, restarts: unit.restarts, supervisor: unit.supervisor },
    killsInWindow: kills.length,
    drills: record.drills(service).length,
  };
}

/** `incidents`: newest last, one line each; `incidents ID`: the whole story of one. */
export function showIncidents(
  record: GuardRecord,
  options: {
    id: string | null;
    json: boolean;
    limit: number;
    evidenceOf: (incidentId: string) => StoredEvidence[];
  },
  terminal: Terminal,
): ExitCode {
  // One that is asked for by name may be old.
  const incidents = record.incidents(options.id === null ? { limit: options.limit } : { limit: ANY });
  if (options.id === null) {
    if (options.json) terminal.out(JSON.stringify(incidents.map(incidentJson)));
    else if (incidents.length === 0) terminal.out('no incidents');
    else for (const incident of incidents) terminal.out(incidentLine(incident, terminal));
    return EXIT.fine;
  }
  const incident = incidents.find((known) => known.id === options.id);
  if (!incident) {
    throw new CliError(`there is no incident ${options.id} on record`, EXIT.usage, 'ninelives incidents');
  }
  const events = record.events({ incidentId: incident.id });
  const evidence = options.evidenceOf(incident.id);
  if (options.json) {
    terminal.out(JSON.stringify({ ...incidentJson(incident), events, evidence }));
    return EXIT.fine;
  }
  terminal.out(incidentLine(incident, terminal));
  for (const event of events) showEvent(event, terminal);
  for (const { path, bundle } of evidence) {
    terminal.out(`  ${terminal.style('bold', 'what it was doing')}, kept before ${bundle.intentId}: ${path}`);
    for (const line of digestOf(bundle)) terminal.out(`    ${line}`);
  }
  return EXIT.fine;
}

function showEvent(event: StoredEvent, terminal: Terminal): void {
  const line = storyLine(event, terminal, '');
  if (line) terminal.out(`  ${line}`);
}

function incidentLine(incident: Incident, terminal: Terminal): string {
  const { status, kills, sentence, drill } = incident;
  const style = status === 'resolved' ? 'green' : 'red';
  const { outageMs } = durationsOf(incident);
  const lasted = outageMs === null ? 'still open' : `not serving for ${span(outageMs)}`;
  const killed = kills === 0 ? 'no kill' : `${kills} kill${kills === 1 ? '' : 's'}`;
  const label = drill ? ` (drill ${drill.fault})` : '';
  const date = new Date(incident.openedWallMs).toISOString().slice(0, 10);
  const when = `${date} ${clockTime(incident.openedWallMs)}`;
  return `${when}  ${incident.id}  ${terminal.style(style, status)}  ${lasted}, ${killed}${label}\n    ${sentence}`;
}

function incidentJson(incident: Incident): Incident & DurationsJson {
  return { ...incident, ...durationsOf(incident) };
}

/** Durations of an incident in ms, on the monotonic clock; null where it did not come to that. */
export interface DurationsJson {
  timeToDetectMs: number | null;
  timeToKillMs: number | null;
  timeToRestartMs: number | null;
  timeToServeMs: number | null;
  outageMs: number | null;
}

function durationsOf(incident: Incident): DurationsJson {
  const { firstFailureAtMs, openedAtMs, killedAtMs, restartedAtMs, servingAtMs, resolvedAtMs } = incident;
  const between = (from: number | null, to: number | null) =>
    from === null || to === null ? null : Math.max(0, Math.round(to - from));
  return {
    timeToDetectMs: between(firstFailureAtMs, openedAtMs),
    timeToKillMs: between(firstFailureAtMs, killedAtMs),
    timeToRestartMs: between(killedAtMs, restartedAtMs),
    timeToServeMs: between(killedAtMs, servingAtMs),
    outageMs: between(firstFailureAtMs, servingAtMs ?? resolvedAtMs),
  };
}
