import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Certificate, Look, Reach } from '../watch/look.js';
import type { Vantage } from '../watch/observe.js';
import { monotonicMs } from './clock.js';

/** connect(2): a live box says no; nobody says anything; we could not even try. */
const REACH_OF: { [code: string]: Reach } = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  EHOSTUNREACH: 'silent',
  EHOSTDOWN: 'silent',
  ENETUNREACH: 'silent',
  ETIMEDOUT: 'silent',
  ENOTFOUND: 'silent',
  EAI_AGAIN: 'silent',
};

/** One TCP connection, closed at once. Settles within the limit, never rejects. */
export function reach(host: string, port: number, limitMs: number): Promise<Reach> {
  return new Promise((settle) => {
    const socket = connect({ host, port });
    const done = (found: Reach) => {
      clearTimeout(timer);
      socket.destroy();
      settle(found);
    };
    const timer = setTimeout(() => done('silent'), limitMs);
    socket.on('connect', () => done('accepts'));
    socket.on('error', (error: NodeJS.ErrnoException) => done(REACH_OF[error.code ?? ''] ?? 'unknown'));
  });
}

/** Does this name have an address, as this machine's resolver sees it? */
export async function resolves(host: string, limitMs: number): Promise<Look['name']> {
  const silence = new Promise<Look['name']>((settle) => {
    setTimeout(() => settle('no-answer'), limitMs).unref();
  });
  const asked = lookup(host).then(
    () => 'resolves' as const,
    (error: NodeJS.ErrnoException) =>
      error.code === 'ENOTFOUND' ? ('unknown' as const) : ('no-answer' as const),
  );
  return await Promise.race([asked, silence]);
}

/** The certificate that a client would be shown, and whether it would take it. Null when no TLS came about. */
export function certificateAt(url: URL, limitMs: number): Promise<Certificate | null> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((settle) => {
    const socket = connectTls({
      host,
      port: Number(url.port || 443),
      // An address is no server name (RFC 6066 §3).
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
    });
    const done = (found: Certificate | null) => {
      clearTimeout(timer);
      socket.destroy();
      settle(found);
    };
    const timer = setTimeout(() => done(null), limitMs);
    socket.on('error', () => done(null));
    socket.on('secureConnect', () => {
      const { valid_to } = socket.getPeerCertificate();
      const validToWallMs = Number.isNaN(Date.parse(valid_to)) ? null : Date.parse(valid_to);
      const { authorizationError: why } = socket;
      const problem = socket.authorized ? null : `clients refuse its certificate: ${why}`;
      done({ validToWallMs, problem });
    });
  });
}

/** A machine's own eyes: it has sockets, a resolver and TLS. */
export const MACHINE: Vantage = {
  fetch: globalThis.fetch,
  nowMs: monotonicMs,
  reach,
  resolves,
  certificate: certificateAt,
};
