import type { GuardRecord, OutboxRow } from '../../record/record.js';
import { span, type Terminal } from '../terminal.js';

const DAY_MS = 24 * 3_600_000;
const ROWS = 1_000;

/** How it stands with the pages: those on their way, and those that were given up within the last day. */
export interface Mail {
  pending: OutboxRow[];
  givenUp: OutboxRow[];
}

export function mailOf(record: Pick<GuardRecord, 'outboxSince'>, nowWallMs: number): Mail {
  const rows = record.outboxSince(nowWallMs - 2 * DAY_MS, ROWS);
  return {
    pending: rows.filter((row) => row.acceptedWallMs === null && row.gaveUpWallMs === null),
    givenUp: rows.filter(
      ({ gaveUpWallMs, withheld }) =>
        gaveUpWallMs !== null && withheld === null && nowWallMs - gaveUpWallMs < DAY_MS,
    ),
  };
}

/** One line a way that does not work. */
export function showMail({ pending, givenUp }: Mail, nowWallMs: number, terminal: Terminal): void {
  for (const notifier of new Set(pending.map((row) => row.notifier))) {
    const own = pending.filter((row) => row.notifier === notifier);
    const [oldest] = own;
    const why = oldest?.lastError ?? 'not tried yet';
    const since = span(nowWallMs - (oldest?.queuedWallMs ?? nowWallMs));
    terminal.out(
      terminal.style('yellow', `${pagesOf(own)} to ${notifier} not delivered for ${since}: ${why}`),
    );
  }
  for (const notifier of new Set(givenUp.map((row) => row.notifier))) {
    const own = givenUp.filter((row) => row.notifier === notifier);
    const line = `${pagesOf(own)} to ${notifier} given up: ${own.at(-1)?.lastError ?? 'not delivered in time'}`;
    terminal.out(terminal.style('red', `${line}; mend it, then: ninelives notify --test ${notifier}`));
  }
}

function pagesOf(rows: OutboxRow[]): string {
  return rows.length === 1 ? '1 page' : `${rows.length} pages`;
}

/** The same for `status --json`. */
export function mailJson({ pending, givenUp }: Mail) {
  const row = ({ page, notifier, attempts, lastError, queuedWallMs }: OutboxRow) => {
    return { page: page.id, title: page.title, notifier, attempts, lastError, queuedWallMs };
  };
  return { pending: pending.map(row), givenUp: givenUp.map(row) };
}
