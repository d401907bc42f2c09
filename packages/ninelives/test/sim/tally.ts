import type { Broken, Weekend } from './run.js';
import { MARKS, type Mark } from './seed/marks.js';

const YEAR_MS = 365.25 * 24 * 3_600_000;

export type Violation = Broken & { seed: number; command: string };

/** What a run of the swarm came to. */
export interface Tally {
  runs: number;
  hours: number;
  virtualYears: number;
  events: number;
  kills: number;
  incidents: number;
  /** In how many weekends each state was reached. */
  marks: Record<Mark, number>;
  /** The lowest seed first, so that the report is the same each time. */
  broken: Violation[];
}

export function emptyTally(hours: number): Tally {
  const marks = Object.fromEntries(MARKS.map((mark) => [mark, 0])) as Record<Mark, number>;
  return { runs: 0, hours, virtualYears: 0, events: 0, kills: 0, incidents: 0, marks, broken: [] };
}

/** Counts one weekend in. */
export function countIn(tally: Tally, weekend: Weekend): void {
  tally.runs += 1;
  tally.virtualYears += weekend.virtualMs / YEAR_MS;
  tally.events += weekend.events;
  tally.kills += weekend.kills;
  tally.incidents += weekend.incidents;
  for (const mark of weekend.marks) tally.marks[mark] += 1;
  const { broken, seed } = weekend;
  if (!broken) return;
  const faults = broken.faults === null ? '' : ` --faults ${broken.faults.join(',')}`;
  const command = `npm run sim -- --seed ${seed} --runs 1 --hours ${tally.hours}${faults}`;
  tally.broken.push({ ...broken, seed, command });
  tally.broken.sort((a, b) => a.seed - b.seed);
}

export function missingMarks(tally: Tally): Mark[] {
  return MARKS.filter((mark) => tally.marks[mark] === 0);
}

/** The statement at the end of a run. */
export function statement(tally: Tally): string {
  const { runs, hours, virtualYears, events, kills, incidents, broken } = tally;
  const missing = missingMarks(tally);
  const lines = [
    `${runs} runs of ${hours} h: ${virtualYears.toFixed(2)} virtual years, ${events} events, ` +
      `${incidents} incidents, ${kills} kills, violations: ${broken.length}`,
    `marks reached: ${MARKS.length - missing.length} of ${MARKS.length}` +
      (missing.length > 0 ? `; never: ${missing.join(', ')}` : ''),
  ];
  return lines.join('\n');
}

/** The story of a violation, and how to see it again. */
export function story(broken: Violation): string {
  return [
    ...broken.lines,
    '',
    `seed ${broken.seed} broke ${broken.message}`,
    `  again: ${broken.command}`,
  ].join('\n');
}
