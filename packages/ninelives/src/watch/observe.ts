import { createGoldenStore } from '../probe/golden.js';
import type { ProbeSpec } from '../probe/probe.js';
import { runProbe } from '../probe/run.js';
import { startDeadline } from '../probe/wire/deadline.js';
import type { Certificate, ControlLook, LanLook, Look, Reach } from './look.js';

/** Something of another owner that answers when the internet is there. */
export interface ControlTarget {
  name: string;
  owner: string;
  /** `https://…` or `http://…`: an answer counts, with `status` only that one; `tcp://host:port`: an open port. */
  url: string;
  /** A captive portal answers everything: what this one says and a portal does not. */
  status: number | null;
}

/** One service, as an outer layer sees it. */
export interface WatchTarget {
  service: string;
  /** Real work through the public URL. */
  probe: ProbeSpec;
  /** Approved vectors by text, or {}. */
  approved: { [text: string]: number[] };
  controls: ControlTarget[];
  /** From beside the box: where it answers, and the real work to try there, if any. */
  lan: { host: string; port: number; probe: ProbeSpec | null } | null;
}

/** What a look needs of where it runs. What a runtime without sockets can't do is null. */
export interface Vantage {
  fetch: typeof globalThis.fetch;
  nowMs(): number;
  reach: ((host: string, port: number, limitMs: number) => Promise<Reach>) | null;
  resolves: ((host: string, limitMs: number) => Promise<Look['name']>) | null;
  certificate: ((url: URL, limitMs: number) => Promise<Certificate | null>) | null;
}

export interface LookOptions {
  deadlineMs: number;
  /** Counts up with each look, so that the texts of the probe rotate. */
  attempt: number;
  /** Look at the certificate although the public way works. */
  certificate: boolean;
  signal: AbortSignal;
}

/** A control target that needs longer than this is as good as silent. */
const CONTROL_LIMIT_MS = 10_000;

/**
 * One look: the public way by real work; when that fails, everything that tells why, side by side, and after the
 * failure, so that the evidence is newer than what it is to explain. Never throws; ends within twice the deadline.
 */
export async function observe(target: WatchTarget, vantage: Vantage, options: LookOptions): Promise<Look> {
  const url = new URL(target.probe.url);
  const certificateOf = () =>
    vantage.certificate && url.protocol === 'https:' ? vantage.certificate(url, limitOf(options)) : null;
  const seen = await work(target.probe, target, vantage, options);
  if (seen.reason === 'ok') {
    const certificate = options.certificate ? await certificateOf() : null;
    return { public: seen, controls: [], lan: null, name: null, certificate };
  }
  const named = !/^[\d.]+$|^\[/.test(url.hostname);
  const [controls, lan, name, certificate] = await Promise.all([
    Promise.all(target.controls.map((control) => askControl(control, vantage, options))),
    target.lan === null ? null : lookBeside(target.lan, target, vantage, options),
    named && vantage.resolves ? vantage.resolves(url.hostname, limitOf(options)) : null,
    certificateOf(),
  ]);
  return { public: seen, controls, lan, name, certificate };
}

function limitOf({ deadlineMs }: LookOptions): number {
  return Math.min(deadlineMs, CONTROL_LIMIT_MS);
}

function work(spec: ProbeSpec, target: WatchTarget, { fetch, nowMs }: Vantage, options: LookOptions) {
  const golden = createGoldenStore(target.approved);
  const { deadlineMs, signal, attempt } = options;
  return runProbe(spec, { fetch, nowMs, deadlineMs, signal, attempt, golden });
}

async function askControl(
  { name, owner, url, status }: ControlTarget,
  vantage: Vantage,
  options: LookOptions,
): Promise<ControlLook> {
  const limitMs = limitOf(options);
  const { hostname, port, protocol } = new URL(url);
  if (protocol === 'tcp:') {
    const reach = vantage.reach ? await vantage.reach(hostname, Number(port), limitMs) : 'unknown';
    return { name, owner, ok: reach === 'accepts', detail: reach };
  }
  const deadline = startDeadline(options.signal, limitMs);
  try {
    const response = await deadline.within(
      vantage.fetch(url, {
        redirect: 'manual',
        signal: deadline.signal,
        headers: { 'user-agent': 'ninelives-watch' },
      }),
    );
    await response.body?.cancel();
    const ok = status === null || response.status === status;
    return { name, owner, ok, detail: `HTTP ${response.status}` };
  } catch {
    return {
      name,
      owner,
      ok: false,
      detail: deadline.cause() === 'deadline' ? 'no answer' : 'no connection',
    };
  } finally {
    deadline.end();
  }
}

async function lookBeside(
  { host, port, probe }: NonNullable<WatchTarget['lan']>,
  target: WatchTarget,
  vantage: Vantage,
  options: LookOptions,
): Promise<LanLook> {
  const [reach, worked] = await Promise.all([
    vantage.reach ? vantage.reach(host, port, limitOf(options)) : ('unknown' as const),
    probe === null ? null : work(probe, target, vantage, options),
  ]);
  return { address: `${host}:${port}`, reach, work: worked };
}
