import type { Arrival } from './report.js';

/** A page as it reached somebody, whichever way it was read. */
export interface Told {
  title: string;
  text: string;
  kind: 'loss' | 'end' | 'other';
  wallMs: number;
  through: string;
}

const SILENCE = /^(\S+) (?:has been silent|was never heard|itself says|is heard again)/;

/**
 * Who tells of what, from the words alone: an outer layer says where it stands (`Seen: from lan`), a guard does not. Null for
 * what is about none of these services and no layer.
 */
export function arrivalOf(
  told: Told,
  { services, guard }: { services: string[]; guard: string },
): Arrival | null {
  const { wallMs, through, kind } = told;
  const title = told.title.replace(/^\[drill [^\]]*\] /, '');
  const layer = /^Seen: +from ([^\s,;]+)/m.exec(told.text)?.[1] ?? guard;
  const common = { wallMs, layer, through, title: told.title, end: kind === 'end' };
  if (kind === 'other') return null;
  const of = SILENCE.exec(title)?.[1];
  if (of !== undefined) return { ...common, about: 'silence', of };
  const about = services.find((name) => title.startsWith(`${name} `));
  return about === undefined ? null : { ...common, about: 'loss', of: about };
}
