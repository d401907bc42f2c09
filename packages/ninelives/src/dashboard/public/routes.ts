import type { GuardRecord } from '../../record/record.js';
import { badgeJson, badgeSvg } from '../../report/badge.js';
import { statusHtml } from '../../report/html/status.js';
import { type PublicService, publicServices } from '../../report/public.js';
import type { Answer } from '../http/gate.js';

/** Strangers may ask often: the record is read once in this time. */
const FRESH_MS = 5_000;
const CACHE = 'public, max-age=30';
/** The page has its sheet inside; badges are shown on pages of others. */
const STATUS_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};
const BADGE_HEADERS = { 'Cross-Origin-Resource-Policy': 'cross-origin' };

/** `/status` and `/badge/NAME.svg|json`: all that may be exposed. null: it is something else. */
export function createPublicRoutes(record: GuardRecord): (path: string, nowWallMs: number) => Answer | null {
  let known: { services: PublicService[]; atWallMs: number } | null = null;

  function services(nowWallMs: number): PublicService[] {
    const ageMs = nowWallMs - (known?.atWallMs ?? Number.NEGATIVE_INFINITY);
    if (!known || ageMs < 0 || ageMs > FRESH_MS) {
      known = { services: publicServices(record, nowWallMs), atWallMs: nowWallMs };
    }
    return known.services;
  }

  return (path, nowWallMs) => {
    if (path === '/status') {
      const body = statusHtml(services(nowWallMs), nowWallMs);
      return { status: 200, type: 'text/html; charset=utf-8', body, cache: CACHE, headers: STATUS_HEADERS };
    }
    const [, name, ending] = /^\/badge\/([A-Za-z0-9._-]{1,63})\.(svg|json)$/.exec(path) ?? [];
    const service = name === undefined ? undefined : services(nowWallMs).find((one) => one.name === name);
    if (!service) return null;
    const badge =
      ending === 'svg'
        ? { type: 'image/svg+xml', body: badgeSvg(service) }
        : { type: 'application/json', body: JSON.stringify(badgeJson(service)) };
    return { status: 200, ...badge, cache: CACHE, headers: BADGE_HEADERS };
  };
}
