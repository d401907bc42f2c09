import type { PagingPolicy } from '../../config/service.js';
import type { Incident, Page } from '../../core/decision.js';
import { calledOf, span, utc } from '../../core/page.js';

/** One spell of losses that follow one another too closely to tell each. */
export interface Spell {
  /** The loss that made it one. */
  first: Incident;
  /** From the first that counts to the last, those before `first` included. */
  losses: number;
  sinceWallMs: number;
  /** Ids of the incidents that are not told one by one. */
  members: ReadonlySet<string>;
  /** When the last of them ended; null while one is open. */
  endedWallMs: number | null;
}

type Limits = NonNullable<PagingPolicy['flapping']>;

/** The spells of one service, from its incidents in the order of their opening. Drills are nobody's flapping. */
export function spellsOf(incidents: readonly Incident[], limits: Limits): Spell[] {
  const spells: Spell[] = [];
  let recent: number[] = [];
  let members: Incident[] = [];
  const close = () => {
    const [first, last] = [members[0], members.at(-1)];
    if (first && last) {
      spells.push({
        first,
        losses: members.length - 1 + recent.length,
        sinceWallMs: recent[0] ?? first.openedWallMs,
        members: new Set(members.map(({ id }) => id)),
        endedWallMs: last.resolvedWallMs,
      });
    }
    members = [];
    recent = [];
  };
  for (const incident of incidents) {
    if (incident.drill !== null) continue;
    const { openedWallMs } = incident;
    const last = members.at(-1);
    if (last && openedWallMs - (last.resolvedWallMs ?? openedWallMs) >= limits.calmMs) close();
    if (members.length > 0) {
      members.push(incident);
      continue;
    }
    recent = [...recent.filter((wallMs) => openedWallMs - wallMs <= limits.withinMs), openedWallMs];
    if (recent.length >= limits.incidents) members.push(incident);
  }
  close();
  return spells;
}

/** The one page of a spell: `calmPage` ends it. Same spell, same id. */
export function flappingPage(spell: Spell, { calmMs }: Limits, wallMs: number): Page {
  const { first, losses, sinceWallMs } = spell;
  return {
    id: `${first.service}/${first.id}/flapping`,
    service: first.service,
    incidentId: null,
    kind: 'opened',
    drill: false,
    wallMs,
    section: 'flapping',
    thread: `flapping-${first.id}`,
    title: `${first.service} comes and goes: ${losses} losses in ${span(first.openedWallMs - sinceWallMs)}`,
    body: [
      `What:  the last one: ${first.service} ${calledOf(first)}`,
      `Since: ${utc(sinceWallMs)}`,
      `Now:   find out why it does not last; single losses are not told until it was calm for ${span(calmMs)},`,
      `       but for one that stays or needs you`,
      'Type:  ninelives incidents',
    ].join('\n'),
  };
}

export function calmPage(spell: Spell, announced: Page, endedWallMs: number, wallMs: number): Page {
  const { first, losses, sinceWallMs } = spell;
  return {
    ...announced,
    wallMs,
    id: `${announced.id}-over`,
    kind: 'resolved',
    title: `${first.service} is calm again after ${losses} losses`,
    body: [
      `What:  ${losses} losses from ${utc(sinceWallMs)} to ${utc(endedWallMs)}, none since`,
      'Now:   nothing; their story is on record',
      'Type:  ninelives incidents',
    ].join('\n'),
  };
}
