import type { PagingPolicy } from '../../config/service.js';
import type { Incident } from '../../core/decision.js';
import type { OutboxRow } from '../../record/record.js';
import { calmPage, flappingPage, type Spell, spellsOf } from './flapping.js';
import { inMaintenance } from './maintenance.js';
import { type Attention, isLoss, isUntried, isWithheld, type OutboxView, rowsOf } from './view.js';

/**
 * What is not told now: losses within a maintenance window, and single losses of a spell of flapping. They wait; one that
 * ends meanwhile is not told at all, and neither is its end; one that outlasts the wait is told as ever. What was tried once
 * is never taken back: somebody may have read it.
 */
export function keepQuiet(view: OutboxView, policy: PagingPolicy, told: string[], wallMs: number): Attention {
  const add: Attention['add'] = [];
  const withhold: Attention['withhold'] = [];
  const hold = new Set<number>();
  const spells = new Map<string, Spell>();
  for (const service of new Set(view.incidents.map((incident) => incident.service))) {
    const own = view.incidents.filter((incident) => incident.service === service);
    const all = policy.flapping === null ? [] : spellsOf(own, policy.flapping);
    for (const spell of all) for (const id of spell.members) spells.set(`${service}/${id}`, spell);
    const last = all.at(-1);
    if (last) add.push(...pagesOf(view, last, policy, told, wallMs));
  }
  for (const incident of view.incidents) {
    const spell = spells.get(`${incident.service}/${incident.id}`) ?? null;
    const rows = rowsOf(view, incident);
    for (const notifier of new Set(rows.map((row) => row.notifier))) {
      const own = rows.filter((row) => row.notifier === notifier);
      const why = reasonOf(incident, own, spell, policy, wallMs);
      if (why === null) continue;
      const waiting = own.filter(isUntried);
      const untold = own.filter(({ page }) => isLoss(page)).every((row) => isUntried(row) || isWithheld(row));
      if (incident.status === 'resolved') {
        if (untold) withhold.push(...waiting.map(({ id }) => ({ id, why })));
      } else for (const row of waiting) hold.add(row.id);
    }
  }
  return { add, withhold, hold };
}

/** Why this incident wakes nobody now, or null. */
function reasonOf(
  incident: Incident,
  rows: OutboxRow[],
  spell: Spell | null,
  policy: PagingPolicy,
  wallMs: number,
): string | null {
  if (inMaintenance(policy.maintenance, incident.service, wallMs)) return 'maintenance';
  if (spell === null || policy.flapping === null) return null;
  if (rows.some(({ page }) => page.kind === 'escalated')) return null; // a person is needed
  const stays =
    incident.status !== 'resolved' && wallMs - incident.openedWallMs >= policy.flapping.calmMs / 2;
  return stays ? null : 'flapping, told once';
}

/** One page when a spell begins, one when it is over. What was announced is known from the rows, not from the spell: of a
 * long one the beginning is forgotten some day. */
function pagesOf(view: OutboxView, spell: Spell, policy: PagingPolicy, told: string[], wallMs: number) {
  const { flapping, maintenance } = policy;
  const { service } = spell.first;
  if (flapping === null || view.paused.has(service)) return [];
  const said = view.rows.filter(({ page }) => page.section === 'flapping' && page.service === service);
  const last = said.at(-1)?.page;
  const announced = last?.kind === 'opened' ? last : null;
  const { endedWallMs } = spell;
  if (endedWallMs !== null && wallMs - endedWallMs >= flapping.calmMs) {
    if (announced === null) return []; // found out afterwards: no news any more
    const to = said.filter((row) => row.page.id === announced.id).map(({ notifier }) => notifier);
    return to.map((notifier) => ({ page: calmPage(spell, announced, endedWallMs, wallMs), notifier }));
  }
  if (announced !== null || inMaintenance(maintenance, service, wallMs)) return [];
  const page = flappingPage(spell, flapping, wallMs);
  return told.map((notifier) => ({ page, notifier }));
}
