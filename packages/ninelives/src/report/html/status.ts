import type { PublicService } from '../public.js';
import { percent, utc } from '../words.js';
import { html, type Markup } from './markup.js';
import { stripSvg } from './strip.js';
import { STYLE } from './style.js';

const WORDS = {
  up: ['good', 'Up'],
  degraded: ['warn', 'Degraded'],
  down: ['bad', 'Down'],
  unknown: ['soft', 'Unknown'],
} as const;

/** For strangers: up or not, how much of 72 hours, how often healed. A file, or a route that may be exposed. */
export function statusHtml(services: PublicService[], madeWallMs: number): string {
  const worst = services.some(({ state }) => state === 'down')
    ? 'Something is down'
    : services.length > 0 && services.every(({ state }) => state === 'up')
      ? 'Everything is up'
      : 'Not everything is up';
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${worst}</title>${STYLE}</head><body><header><h1>${services.length === 0 ? 'Nothing is watched yet' : worst}</h1>
<p class="soft">As of ${utc(madeWallMs)}. Up means: real work was asked for and answered right.</p></header>
<main>${services.map(serviceCard)}</main></body></html>
`.text;
}

function serviceCard(service: PublicService): Markup {
  const [kind, word] = WORDS[service.state];
  const healed =
    service.healed === 0 ? '' : `, healed ${service.healed} ${service.healed === 1 ? 'time' : 'times'}`;
  return html`<section><h2>${service.name}: <span class="${kind}">${word}</span></h2>
<p class="soft">72 hours: ${percent(service.availability)}${healed}</p>${stripSvg(service.strip)}</section>`;
}
