import { escapeText } from './html/markup.js';
import type { PublicService } from './public.js';

const COLOURS = { up: '#1a7f37', degraded: '#9a6700', down: '#cf222e', unknown: '#57606a' } as const;

/** `up`, `up, healed 3 times`, `down`: what stands on the right side. */
export function badgeMessage({ state, healed }: PublicService): string {
  if (healed === 0 || state === 'unknown') return state;
  return `${state}, healed ${healed} ${healed === 1 ? 'time' : 'times'}`;
}

/** shields.io's endpoint badge (schema 1), which draws it there. */
export function badgeJson(service: PublicService): object {
  const { name, state } = service;
  return {
    schemaVersion: 1,
    label: name,
    message: badgeMessage(service),
    color: COLOURS[state].slice(1),
    isError: state === 'down',
    cacheSeconds: 60,
  };
}

/** Of Verdana 11 px, in tenths of a px: near enough, since `textLength` makes it fit. */
const WIDE = /[mwMWGOQ@%]/;
const NARROW = /[iljtfrI.,:;'|! ]/;
const HEIGHT = 20;
const PAD = 6;

/** Drawn here: a page of our own instead of eight packages, for two boxes with a text each. */
export function badgeSvg(service: PublicService): string {
  const [label, message] = [service.name, badgeMessage(service)];
  const [left, right] = [widthOf(label) + 2 * PAD, widthOf(message) + 2 * PAD];
  const width = left + right;
  const says = escapeText(`${label}: ${message}`);
  const text = (words: string, x: number, length: number) =>
    `<text x="${x}" y="14" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escapeText(words)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" role="img" aria-label="${says}">
<title>${says}</title><clipPath id="r"><rect width="${width}" height="${HEIGHT}" rx="3"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="${HEIGHT}" fill="#444c56"/>
<rect x="${left}" width="${right}" height="${HEIGHT}" fill="${COLOURS[service.state]}"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${text(label, PAD, left - 2 * PAD)}
${text(message, left + PAD, right - 2 * PAD)}</g></svg>
`;
}

function widthOf(text: string): number {
  const widths = [...text].map((character) => {
    if (WIDE.test(character)) return 9.5;
    return NARROW.test(character) ? 4.2 : 7;
  });
  return Math.ceil(widths.reduce((sum, one) => sum + one, 0));
}
