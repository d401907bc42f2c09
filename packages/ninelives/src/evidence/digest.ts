import type { Command } from './collectors/command.js';
import type { Log } from './collectors/log.js';
import type { ProcessEvidence, Processes } from './collectors/processes.js';
import type { Sockets } from './collectors/sockets.js';
import type { Stacks } from './collectors/stacks.js';
import { type EvidenceBundle, isAbsent } from './evidence.js';

const PROCESSES_SHOWN = 8;
const LOG_LINES_SHOWN = 5;
const LINE_CHARS_MAX = 160;

/** What the state letters of proc_pid_stat(5) mean to somebody who looks for a hang. */
const STATE_WORDS: { [state: string]: string } = {
  R: 'running',
  S: 'waiting',
  D: 'in the kernel, takes no signal (D)',
  T: 'stopped (T)',
  t: 'stopped by a debugger (t)',
  Z: 'ended, not reaped (Z)',
};

/** The bundle in a dozen lines for a person; everything else is in the file. Pure; total over any bundle's text. */
export function digestOf(bundle: EvidenceBundle): string[] {
  return [
    ...part<Processes>(bundle, 'processes', ({ processes, betweenMs, left }) => [
      ...processes.slice(0, PROCESSES_SHOWN).map((process) => processLine(process, betweenMs)),
      ...more(processes.length - PROCESSES_SHOWN + left, 'processes, or gone before we looked'),
    ]),
    ...part<Sockets>(bundle, 'sockets', (sockets) => [socketLine(sockets)]),
    ...part<Command>(bundle, 'command', ({ argv }) => [
      `command: ${(Object.values(argv)[0] ?? []).join(' ')}`,
    ]),
    ...part<Stacks>(bundle, 'stacks', ({ stacks }) =>
      stacks.map(
        ({ pid, by, text }) => `stacks of pid ${pid} by ${by}: ${text.split('\n').length} lines, in the file`,
      ),
    ),
    ...part<{ text: string }>(bundle, 'gpu', ({ text }) => [
      `gpu: ${text.split('\n').length} lines, in the file`,
    ]),
    ...part<Log>(bundle, 'log', ({ lines, from }) => [
      `last of ${lines.length} lines of ${from}:`,
      ...lines.slice(-LOG_LINES_SHOWN).map((line) => `  ${line}`),
    ]),
  ].map(printable);
}

/** The lines of one collector, or why it has none. */
function part<T>(bundle: EvidenceBundle, name: string, lines: (value: T) => string[]): string[] {
  const value = bundle.collected[name];
  if (value === undefined) return [];
  return isAbsent(value) ? [`no ${name}: ${value.absent}`] : lines(value as T);
}

function processLine(process: ProcessEvidence, betweenMs: number): string {
  const { pid, name, state, waitsIn, cpuMs, ioBytes, threads, memory, descriptors } = process;
  const where = waitsIn === null ? '' : ` in ${waitsIn}`;
  const moved = `${Math.round(cpuMs)} ms CPU and ${bytes(ioBytes)} I/O in ${betweenMs} ms`;
  const swap = memory.VmSwap ? `, ${bytes(memory.VmSwap)} swapped` : '';
  const size = `${bytes(memory.VmRSS ?? 0)}${swap}, ${threads.count} threads, ${descriptors ?? '?'} descriptors`;
  return `pid ${pid} (${name}): ${STATE_WORDS[state] ?? state}${where}; ${moved}; ${size}`;
}

function socketLine({ port, waitingToBeAccepted, onPort, unreadBytes }: Sockets): string {
  const states = Object.entries(onPort).map(([state, count]) => `${count} ${state}`);
  const connections = states.length === 0 ? 'no connections' : states.join(', ');
  return `port ${port ?? '(none)'}: ${waitingToBeAccepted} waiting to be accepted, ${connections}, ${bytes(unreadBytes)} unread`;
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`and ${count} more ${what}`] : [];
}

function bytes(count: number): string {
  if (count < 10_000) return `${count} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(count) / 3), units.length);
  return `${Number((count / 1_000 ** power).toPrecision(3))} ${units[power - 1]}`;
}

/** A service's own words must not steer a terminal. */
function printable(line: string): string {
  const clean = line.replace(/\p{Cc}+/gu, ' ');
  return clean.length > LINE_CHARS_MAX ? `${clean.slice(0, LINE_CHARS_MAX - 1)}…` : clean;
}
