import { REFUSALS } from '../refusals.js';
import type { Refusal } from '../types.js';
import { fingerprintOf, type Job } from './job.js';
import type { Problem } from './speak.js';

/** What the hold's refusal says to this client. Of a quarantined input hash and size, never the text. */
export function refusalOf(job: Job, why: Refusal, retryAfterMs: number): Problem {
  const { status, type, message } = REFUSALS[why];
  const detail = why === 'quarantined' ? ` (sha256 ${fingerprintOf(job)}, ${job.bytes} bytes)` : '';
  const problem = { status, type, code: why.replaceAll('-', '_'), message: `${message}${detail}` };
  return status === 503 || status === 429 ? { ...problem, retryAfterMs } : problem;
}
