import type { PagingPolicy } from '../../config/service.js';
import type { Incident, Page } from '../../core/decision.js';
import { noticePage, unansweredPage, utc } from '../../core/page.js';
import type { OutboxRow } from '../../record/record.js';
import { inMaintenance } from './maintenance.js';
import {
  type Attention,
  has,
  hasFailed,
  isLoss,
  isPending,
  isUntried,
  isWithheld,
  type OutboxView,
  rowsOf,
} from './view.js';

type Rows = Attention['add'];

/** Open and told, and nobody has said that they are on it: the second in line after their wait, and reminders. */
export function press(view: OutboxView, policy: PagingPolicy, told: string[], wallMs: number): Rows {
  return view.incidents.flatMap((incident) => {
    const { service, status, acknowledgedBy, drill } = incident;
    if (status === 'resolved' || acknowledgedBy !== null || drill !== null) return [];
    if (view.paused.has(service) || inMaintenance(policy.maintenance, service, wallMs)) return [];
    const losses = rowsOf(view, incident).filter((row) => isLoss(row.page) && !isWithheld(row));
    const sinceWallMs = toldSince(losses);
    if (sinceWallMs === null) return [];
    const forMs = wallMs - sinceWallMs;
    const seconds = view.notifiers.filter((name) => {
      const afterMs = policy.routes[name]?.afterMs ?? null;
      return afterMs !== null && forMs >= afterMs;
    });
    const asked = seconds.map((notifier) => ({
      page: unansweredPage('escalated', incident, `unanswered/${notifier}`, wallMs),
      notifier,
    }));
    const all = [...asked, ...reminders(incident, [...told, ...seconds], policy, forMs, wallMs)];
    return all.filter(({ page, notifier }) => !has(losses, page.id, notifier));
  });
}

/** Since when somebody knows, or could if a way to them worked; null while nothing has left. */
function toldSince(losses: OutboxRow[]): number | null {
  const accepted = losses.flatMap(({ acceptedWallMs }) => acceptedWallMs ?? []);
  if (accepted.length > 0) return Math.min(...accepted);
  return losses.find(hasFailed)?.queuedWallMs ?? null;
}

/** Only the newest: those of a time when nobody was there to send them are not made up for. */
function reminders(
  incident: Incident,
  to: string[],
  policy: PagingPolicy,
  forMs: number,
  wallMs: number,
): Rows {
  if (policy.reminds?.(incident.service) === false) return [];
  const nth = policy.remindMs === null ? 0 : Math.floor(forMs / policy.remindMs);
  if (nth < 1) return [];
  const page = unansweredPage('reminder', incident, `reminder/${nth}`, wallMs);
  return to.map((notifier) => ({ page, notifier }));
}

/** Who was told of a loss is told of its end and of who is on it, whichever way the loss came. */
export function followUp(view: OutboxView): Rows {
  return view.incidents.flatMap((incident) => {
    const rows = rowsOf(view, incident);
    const ends = new Map(
      rows
        .filter(({ page }) => page.kind === 'resolved' || page.kind === 'acknowledged')
        .map(({ page }) => [page.id, page]),
    );
    const reached = new Set(
      rows.filter((row) => isLoss(row.page) && !isWithheld(row)).map((row) => row.notifier),
    );
    return [...ends.values()].flatMap((page) =>
      [...reached]
        .filter((notifier) => !has(rows, page.id, notifier))
        .map((notifier) => ({ page, notifier })),
    );
  });
}

/** What was meant for the second in line and is over before it left: nobody is woken for it. */
export function overtaken(view: OutboxView, policy: PagingPolicy): Attention['withhold'] {
  return view.incidents
    .filter(({ status, acknowledgedBy }) => status === 'resolved' || acknowledgedBy !== null)
    .flatMap((incident) =>
      rowsOf(view, incident)
        .filter(
          (row) =>
            isUntried(row) && isLoss(row.page) && (policy.routes[row.notifier]?.afterMs ?? null) !== null,
        )
        .map(({ id }) => ({ id, why: 'over, or taken, before it left' })),
    );
}

/** What one way can't deliver goes the next: given up, or tried for so long that somebody should know. */
export function fallBack(
  view: OutboxView,
  policy: PagingPolicy,
  hold: ReadonlySet<number>,
  wallMs: number,
): Rows {
  const stuck = new Set(
    view.notifiers.filter((name) => {
      const head = view.rows.find((row) => row.notifier === name && isPending(row) && !hold.has(row.id));
      return head !== undefined && hasFailed(head) && isOld(head);
    }),
  );
  function isOld({ queuedWallMs }: OutboxRow): boolean {
    return wallMs - queuedWallMs >= policy.fallbackAfterMs;
  }
  function fails(row: OutboxRow): boolean {
    if (isWithheld(row) || hold.has(row.id)) return false;
    return row.gaveUpWallMs !== null || (isPending(row) && stuck.has(row.notifier) && isOld(row));
  }
  /** Whoever has been told of the end is not told of the loss after it. */
  function isTooLate(loss: Page, notifier: string): boolean {
    const { service, incidentId } = loss;
    const isEnd = ({ page }: OutboxRow) =>
      page.kind === 'resolved' && page.service === service && page.incidentId === incidentId;
    return isLoss(loss) && view.rows.some((row) => row.notifier === notifier && isEnd(row));
  }
  return view.rows.flatMap((row): Rows => {
    let failing: OutboxRow | undefined = row;
    for (const notifier of policy.routes[row.notifier]?.fallback ?? []) {
      if (failing === undefined || !fails(failing)) return [];
      const next = view.rows.find((other) => other.page.id === row.page.id && other.notifier === notifier);
      if (next === undefined) return isTooLate(row.page, notifier) ? [] : [{ page: row.page, notifier }];
      failing = next;
    }
    return [];
  });
}

/** A way that gave up on a page: said on every other way, once a day. */
export function sayGivenUp(view: OutboxView, told: string[]): Rows {
  return view.rows.flatMap((row): Rows => {
    const { page, notifier, gaveUpWallMs, lastError } = row;
    if (gaveUpWallMs === null || isWithheld(row) || page.id.includes('/notice/undelivered/')) return [];
    const others = told.filter((name) => name !== notifier);
    const ways = others.length > 0 ? others : view.notifiers.filter((name) => name !== notifier);
    const body = [
      `What: a page was given up: "${page.title}"`,
      `Why:  ${lastError ?? 'not delivered in time'}`,
      `Now:  mend it, then try it: ninelives notify --test ${notifier}`,
    ].join('\n');
    const id = `undelivered/${notifier}/${utc(gaveUpWallMs).slice(0, 10)}`;
    const title = `${notifier} does not take its pages`;
    const notice = noticePage(page.service, id, title, body, gaveUpWallMs, 'undelivered');
    return ways
      .filter((name) => !has(view.rows, notice.id, name))
      .map((name) => ({ page: notice, notifier: name }));
  });
}
