import type { ProbeReason } from '../../core/types.js';

/** A status that ends the attempt before the body is judged. `fix` says what to change when it is ours. */
export interface StatusVerdict {
  reason: ProbeReason;
  fix: string | null;
}

/** What each status says (RFC 9110 §15); 2xx is not in here, since then the body decides. */
const BY_STATUS: { [status: number]: StatusVerdict } = {
  400: {
    reason: 'misconfigured',
    fix: 'the server does not accept this request: compare `probe.kind`, `model` and `dimensions` with what it serves',
  },
  401: { reason: 'misconfigured', fix: 'it wants a key: set `probe.bearer_file` or `probe.headers`' },
  403: { reason: 'misconfigured', fix: 'the key is not allowed to do this: set another `probe.bearer_file`' },
  404: {
    reason: 'misconfigured',
    fix: 'no such path or model there: set `probe.url`, `probe.kind` or `probe.model`',
  },
  405: { reason: 'misconfigured', fix: 'this path takes another method: set `probe.kind` or `probe.url`' },
  408: { reason: 'busy', fix: null },
  413: { reason: 'misconfigured', fix: 'the request is too long for it: use shorter `probe.texts`' },
  415: { reason: 'misconfigured', fix: 'it does not take JSON there: set `probe.kind` or `probe.url`' },
  422: {
    reason: 'misconfigured',
    fix: 'it does not accept this body: compare `probe.kind`, `task_name`, `model` and `dimensions` with what it serves',
  },
  425: { reason: 'busy', fix: null },
  429: { reason: 'busy', fix: null },
  // Not ours to heal by a kill: the method is unknown to this server, so it is another server.
  501: {
    reason: 'misconfigured',
    fix: 'this server does not know the request: is `probe.url` the right port?',
  },
  503: { reason: 'unavailable', fix: null },
  511: { reason: 'misconfigured', fix: 'a network log-in page answers instead of the service' },
};

/** @returns null for 2xx: judge the body. Total over every number. */
export function judgeStatus(status: number): StatusVerdict | null {
  if (status >= 200 && status < 300) return null;
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  // Status 0 is what a redirect looks like where fetch hides it (opaqueredirect).
  if (status === 0 || (status >= 300 && status < 400)) {
    return { reason: 'misconfigured', fix: 'it redirects: put the final address into `probe.url`' };
  }
  if (status >= 500) return { reason: 'error', fix: null };
  return { reason: 'misconfigured', fix: 'the server refuses this request: try it by hand with curl' };
}
