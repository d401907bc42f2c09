import type { EventType, RecordEvent } from '../core/decision.js';
import type { Incarnation } from '../core/types.js';

export type LogLevel = 'info' | 'warn' | 'error';

/**
 * One line of the log for machines, the contract of `--json` of `up`, `guard`, `watch` and `gateway`. Names, ids and levels
 * are stable: words for people are in `text` alone.
 */
export interface LogEntry {
  /** ISO 8601, UTC, with milliseconds. */
  time: string;
  level: LogLevel;
  event: string;
  service?: string;
  /** As in `incidents`, pages and the report. */
  incident?: string;
  /** One life of the main process: `pid:start ticks:boot id`. */
  incarnation?: string;
  text?: string;
  data?: { [name: string]: unknown };
}

/** Every event of a service: how loud it is, and what it says. The table in docs/operations.md. */
export const LOGGED: { [type in EventType]: { level: LogLevel; means: string } } = {
  'guard-started': { level: 'info', means: 'a guard has begun to look' },
  incarnation: { level: 'info', means: 'a new main process was seen' },
  ended: { level: 'warn', means: 'the main process was seen to be gone' },
  serving: { level: 'info', means: 'first right answer of an incarnation' },
  'probe-failed': { level: 'warn', means: 'real work failed; `data` has the reason and the cheap endpoints' },
  'probe-recovered': { level: 'info', means: 'a right answer after failures below the threshold' },
  'incident-opened': { level: 'error', means: 'a loss of service, with its verdict' },
  'incident-resolved': { level: 'info', means: 'it is over' },
  escalated: { level: 'error', means: 'a person is needed' },
  kill: { level: 'warn', means: 'a SIGKILL is decided and committed, about to be sent' },
  'kill-outcome': { level: 'warn', means: 'what became of it' },
  'kill-withheld': { level: 'warn', means: 'a kill is due, and a rule forbids it' },
  paused: { level: 'info', means: 'an operator paused the guard' },
  resumed: { level: 'info', means: 'an operator resumed it' },
  acknowledged: { level: 'info', means: 'an operator is on it' },
  drill: { level: 'info', means: 'a planned fault begins or ends' },
  leak: { level: 'warn', means: 'its memory will be used up' },
  armed: { level: 'info', means: 'the recovery is proved: it may be killed' },
  disarmed: { level: 'warn', means: 'what proved it has changed: it is only watched' },
  verdict: { level: 'info', means: 'what is seen changed its kind' },
};

/** What belongs to no event of a service. */
export const LOGGED_BESIDE: { [event: string]: string } = {
  trouble: 'something that people should hear of, such as a page that was given up; on standard error',
  listening: 'gateway: it takes requests',
  draining: 'gateway: it takes no more, and answers those who are here',
  ended: 'gateway: how requests ended, counted',
  'input-quarantined': 'gateway: a request that killed the server twice, by SHA-256 and size',
};

/** A row of the story as a line of the log. */
export function eventEntry(service: string, event: RecordEvent): LogEntry {
  const { wallMs, type, incidentId, incarnation, text, data } = event;
  return {
    time: isoTime(wallMs),
    level: LOGGED[type].level,
    event: type,
    service,
    ...(incidentId === null ? {} : { incident: incidentId }),
    ...(incarnation === null ? {} : { incarnation: incarnationId(incarnation) }),
    text,
    ...(data === undefined ? {} : { data }),
  };
}

/** The same for the same life of the main process, wherever it is named. */
function incarnationId({ pid, startTicks, bootId }: Incarnation): string {
  return `${pid}:${startTicks}:${bootId}`;
}

export function isoTime(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** Trouble that is no event: a line for people, or one of the log. */
export function troubleTeller(
  terminal: { err(line: string): void },
  json: boolean,
  wallMs: () => number,
): (text: string) => void {
  return (text) => {
    const entry: LogEntry = { time: isoTime(wallMs()), level: 'warn', event: 'trouble', text };
    terminal.err(json ? JSON.stringify(entry) : `ninelives: ${text}`);
  };
}
