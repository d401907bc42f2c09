import type { EventType, RecordEvent } from '../core/decision.js';
import { clockTime, type Style, type Terminal } from './terminal.js';

/** How each kind of event reads in the live view; `null` stays out of it. */
const LOOK: { [type in EventType]: { label: string; style: Style } | null } = {
  'guard-started': { label: 'guarding', style: 'dim' },
  incarnation: { label: 'started', style: 'cyan' },
  ended: { label: 'ended', style: 'yellow' },
  serving: { label: 'serving', style: 'green' },
  'probe-failed': { label: 'no answer', style: 'yellow' },
  'probe-recovered': { label: 'recovered', style: 'green' },
  'incident-opened': { label: 'incident', style: 'red' },
  'incident-resolved': { label: 'resolved', style: 'green' },
  escalated: { label: 'needs you', style: 'red' },
  kill: { label: 'kill', style: 'red' },
  'kill-outcome': { label: 'killed', style: 'yellow' },
  'kill-withheld': { label: 'no kill', style: 'yellow' },
  paused: { label: 'paused', style: 'cyan' },
  resumed: { label: 'resumed', style: 'cyan' },
  acknowledged: { label: 'seen', style: 'cyan' },
  drill: { label: 'drill', style: 'cyan' },
  leak: { label: 'leak', style: 'yellow' },
  armed: { label: 'armed', style: 'green' },
  disarmed: { label: 'disarmed', style: 'yellow' },
  verdict: null, // its sentence comes with the event that caused it
};

/** One line an event; quiet when well, because passing probes leave no event. */
export function storyLine(event: RecordEvent, terminal: Terminal, prefix = ''): string | null {
  const look = LOOK[event.type];
  if (!look) return null;
  const label = terminal.style(look.style, look.label.padEnd(10));
  return `${terminal.style('dim', clockTime(event.wallMs))}  ${prefix}${label} ${event.text}`;
}
