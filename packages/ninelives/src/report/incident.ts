import type { Incident, RecordEvent } from '../core/decision.js';
import type { CheapAnswer } from '../core/types.js';
import type { StoredEvent } from '../record/record.js';
import type { Held, IncidentReport, KillRow, Phase, TimelineLine } from './model.js';
import { lossOf, type Span } from './spans.js';
import { heldText } from './traffic.js';

/** One incident with its story, from the first failure on. */
export function incidentReport(
  incident: Incident,
  events: StoredEvent[],
  nowWallMs: number,
  held: Held | null,
): IncidentReport {
  const loss = lossOf(incident, nowWallMs);
  const over = incident.servingAtMs !== null || incident.resolvedAtMs !== null;
  const story = events.filter((event) => belongs(event, incident));
  return {
    id: incident.id,
    status: incident.status,
    kind: incident.kind,
    sentence: incident.sentence,
    drill: incident.drill?.fault ?? null,
    fromWallMs: loss.from,
    untilWallMs: over ? loss.to : null,
    lostMs: loss.to - loss.from,
    kills: incident.kills,
    escalations: incident.escalations.length,
    acknowledgedBy: incident.acknowledgedBy,
    detectMs: Math.max(0, incident.openedAtMs - incident.firstFailureAtMs),
    phases: phasesOf(incident),
    timeline: withClients(timelineOf(story, incident), held, loss),
    held,
    cheap: cheapClaims(story),
  };
}

/** Monotonic stamps, each later than the one before it, or it is not of this story (a kill before the last one). */
function phasesOf({
  firstFailureAtMs,
  openedAtMs,
  killedAtMs,
  restartedAtMs,
  servingAtMs,
}: Incident): Phase[] {
  const stamps: [name: Phase['name'], atMs: number | null][] = [
    ['detect', openedAtMs],
    ['kill', killedAtMs],
    ['restart', restartedAtMs],
    ['load', servingAtMs],
  ];
  let last = firstFailureAtMs;
  return stamps.flatMap(([name, atMs]) => {
    if (atMs === null || atMs < last) return [];
    const ms = atMs - last;
    last = atMs;
    return [{ name, ms }];
  });
}

/** Its own rows, and the failures before it was opened: those are of nobody yet. */
function belongs(event: StoredEvent, { id, service, firstFailureWallMs, openedWallMs }: Incident): boolean {
  if (event.service !== service) return false;
  if (event.incidentId !== null) return event.incidentId === id;
  return event.wallMs >= firstFailureWallMs && event.wallMs <= openedWallMs;
}

/** The rows that tell something new: of failures one after the other, the first, and how many more. */
function timelineOf(story: StoredEvent[], { firstFailureAtMs, kind, sentence }: Incident): TimelineLine[] {
  const lines: TimelineLine[] = [];
  let more = 0;
  const told = () => {
    const last = lines.at(-1);
    if (more > 0 && last) last.text += ` (and ${more} more)`;
    more = 0;
  };
  for (const event of story) {
    if (event.type === 'verdict') continue; // its sentence comes with the row that caused it
    if (event.type === 'probe-failed' && lines.at(-1)?.type === 'probe-failed') {
      more += 1;
      continue;
    }
    told();
    const afterMs = Math.max(0, event.atMs - firstFailureAtMs);
    // The sentence stands above the timeline: said once is enough.
    const text =
      event.type === 'incident-opened' ? `verdict: ${kind}` : event.text.replace(`: ${sentence}`, '');
    lines.push({ wallMs: event.wallMs, afterMs, type: event.type, text });
  }
  told();
  return lines;
}

/** What clients had of it stands where real work came back, or last while it has not. */
function withClients(lines: TimelineLine[], held: Held | null, loss: Span): TimelineLine[] {
  const text = held && heldText(held);
  if (!text) return lines;
  const afterMs = loss.to - loss.from;
  const line = { wallMs: loss.to, afterMs, type: 'gateway', text };
  const after = lines.findIndex((one) => one.afterMs > afterMs);
  return after < 0 ? [...lines, line] : [...lines.slice(0, after), line, ...lines.slice(after)];
}

/** "/health said 200 in 2 ms, /v1/models said 200 in 3 ms": the newest that was asked; null when nothing was. */
export function cheapClaims(events: RecordEvent[]): string | null {
  const hasAsked = ({ data }: RecordEvent) => Array.isArray(data?.cheap) && data.cheap.length > 0;
  // What it said before it was killed: afterwards nobody is there to lie.
  const killed = events.findIndex(({ type }) => type === 'kill');
  const asked = events.slice(0, Math.max(0, killed)).findLast(hasAsked) ?? events.findLast(hasAsked);
  const answers = (asked?.data?.cheap ?? []) as CheapAnswer[];
  const claims = answers.map(({ path, status, tookMs }) =>
    status === null ? `${path} said nothing` : `${path} said ${status} in ${Math.round(tookMs)} ms`,
  );
  return claims.length > 0 ? claims.join(', ') : null;
}

/** Each kill with its reason and what became of it. */
export function killRows(events: StoredEvent[], incidents: Incident[]): KillRow[] {
  const drills = new Set(incidents.filter(({ drill }) => drill).map(({ id }) => id));
  const outcomes = new Map(
    events
      .filter(({ type }) => type === 'kill-outcome')
      .map(({ data, text }) => [String(data?.intentId), text]),
  );
  return events
    .filter(({ type }) => type === 'kill')
    .map(({ wallMs, incidentId, text, data }) => ({
      wallMs,
      incidentId,
      drill: incidentId !== null && drills.has(incidentId),
      why: text,
      outcome: outcomes.get(String(data?.intentId)) ?? 'not known yet',
    }));
}
