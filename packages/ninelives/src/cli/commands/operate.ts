import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardRecord } from '../../record/record.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { guardedNames } from '../guarded.js';
import type { Terminal } from '../terminal.js';

const TAKEN_WITHIN_MS = 5_000;

/** `pause`, `resume`, `acknowledge`: a row in the inbox; the guard takes it in the same transaction as what follows. */
export async function runOperate(
  record: GuardRecord,
  options: {
    command: 'pause' | 'resume' | 'acknowledge';
    service: string | undefined;
    by: string;
    /** Whoever holds the state folder now. */
    guard: { pid: number; startTicks: number } | null;
    nowWallMs: number;
    json: boolean;
  },
  terminal: Terminal,
): Promise<ExitCode> {
  const { command, by, nowWallMs } = options;
  const known = record.services();
  const services = options.service === undefined ? guardedNames(record, options.guard) : [options.service];
  const unknown = services.find((service) => !known.includes(service));
  if (unknown !== undefined || services.length === 0) {
    const names = known.join(', ') || 'none yet';
    throw new CliError(`no service ${unknown ?? ''} here; known: ${names}`, EXIT.usage, 'ninelives status');
  }
  for (const service of services) {
    const id = record.post({ service, wallMs: nowWallMs, by, command: { type: command } });
    const taken = options.guard !== null && (await isTaken(record, service, id));
    if (options.json) terminal.out(JSON.stringify({ service, command, taken }));
    else if (taken) terminal.out(`${service}: ${command}d`.replace('paused', 'paused: watched, not killed'));
    else terminal.out(`${service}: noted; it takes effect when a guard runs on this state folder`);
  }
  return EXIT.fine;
}

async function isTaken(record: GuardRecord, service: string, id: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < TAKEN_WITHIN_MS; waitedMs += 50) {
    if (!record.inbox(service).some((row) => row.id === id)) return true;
    await sleep(50);
  }
  return false;
}
