import type { Maintenance } from '../../config/service.js';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_MIN = 24 * 60;

/** Is a loss of this service expected now? */
export function inMaintenance(windows: readonly Maintenance[], service: string, wallMs: number): boolean {
  return windows.some(
    (window) => (window.services === null || window.services.includes(service)) && isWithin(window, wallMs),
  );
}

function isWithin(window: Maintenance, wallMs: number): boolean {
  if ('startWallMs' in window) return wallMs >= window.startWallMs && wallMs < window.endWallMs;
  const { day, minute } = localTime(wallMs, window.zone);
  const { fromMin, toMin, days } = window;
  const overnight = toMin <= fromMin;
  if (days.includes(day) && minute >= fromMin && minute < (overnight ? DAY_MIN : toMin)) return true;
  const yesterday = (day + 6) % 7;
  return overnight && days.includes(yesterday) && minute < toMin;
}

/** What the clock on the wall of that zone says. */
function localTime(wallMs: number, timeZone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(wallMs);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return { day: DAYS.indexOf(of('weekday')), minute: Number(of('hour')) * 60 + Number(of('minute')) };
}
