/** What a ping says. A number is the exit status of a job; 0 is `success`. */
export type Beat = 'success' | 'start' | 'fail' | 'log';

export interface Ping {
  /** The secret that says who it is, in lower case. */
  uuid: string;
  beat: Beat;
  /** Of `/<exit status>`; null where none was given. */
  exit: number | null;
  /** Which run of a job: pairs a start with its end. */
  rid: string | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const METHODS = new Set(['GET', 'HEAD', 'POST']);

/**
 * The grammar of Healthchecks (healthchecks.io/docs/http_api): `GET|HEAD|POST [/ping]/<uuid>[/start|/fail|/log|/<exit>]`
 * with `?rid=<uuid>`. The same words go either way: any layer can be pointed at a Healthchecks, and its clients at us.
 */
export function parsePing(method: string, target: string): Ping | null {
  if (!METHODS.has(method) || !target.startsWith('/')) return null;
  const { pathname, searchParams } = new URL(target.replace(/^\/+/, '/'), 'http://ping.invalid');
  const [uuid = '', action, ...rest] = pathname
    .replace(/^\/ping\//, '/')
    .slice(1)
    .replace(/\/$/, '')
    .split('/');
  if (!UUID.test(uuid.toLowerCase()) || rest.length > 0) return null;
  const rid = searchParams.get('rid')?.toLowerCase() ?? null;
  if (rid !== null && !UUID.test(rid)) return null;
  const said = { uuid: uuid.toLowerCase(), rid };
  if (action === undefined) return { ...said, beat: 'success', exit: null };
  if (action === 'start' || action === 'fail' || action === 'log')
    return { ...said, beat: action, exit: null };
  if (!/^\d{1,3}$/.test(action) || Number(action) > 255) return null;
  const exit = Number(action);
  return { ...said, beat: exit === 0 ? 'success' : 'fail', exit };
}

/** The URL that says it: the inverse of `parsePing`, below any Healthchecks-style URL. */
export function pingUrl(base: string, beat: Beat, rid: string | null = null): string {
  const url = new URL(base);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = beat === 'success' ? path : `${path}/${beat}`;
  if (rid !== null) url.searchParams.set('rid', rid);
  return url.href;
}
