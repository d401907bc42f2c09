import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config, ServiceConfig } from '../../config/service.js';
import { findEmbedder } from '../../daemon/embedder.js';
import { RECORD_FILE } from '../../daemon/house.js';
import { type EmbeddedFacts, embeddedRows } from '../../doctor/embedded.js';
import type { DoctorRow } from '../../doctor/row.js';
import { lockOwner } from '../../host/lock.js';
import { createPortLookup } from '../../host/procfs/listeners.js';
import { readEnviron, readStat } from '../../host/procfs/processes.js';
import { systemClock } from '../../host/system-clock.js';
import { defencesOf } from '../../layers/defence.js';
import { layersRow } from '../../layers/doctor.js';
import { openRecord } from '../../record/sqlite.js';
import { EXIT, type ExitCode } from '../errors.js';
import { findProgram } from '../program.js';
import type { Terminal } from '../terminal.js';
import { unitRows } from './doctor-unit.js';

type Env = { [name: string]: string | undefined };

/** `doctor`: every precondition of a recovery, measured, each with its fix. Exit 1 when one of them fails. */
export async function runDoctor(
  config: Config,
  options: { stateDir: string; env: Env; json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  let worst: ExitCode = EXIT.fine;
  const defences = defencesOf(config);
  for (const service of config.services) {
    const { source } = service;
    const defence = defences.find((each) => each.service.name === service.name);
    const rows = [
      ...(source.type === 'unit'
        ? await unitRows(service, source, options.stateDir)
        : embeddedRows(service, await factsOf(service, config, options))),
      ...(defence ? [layersRow(defence)] : []),
    ];
    if (options.json) terminal.out(JSON.stringify({ service: service.name, rows }));
    else print(service.name, rows, terminal);
    if (rows.some((row) => row.level === 'fail')) worst = EXIT.unhealthy;
  }
  return worst;
}

async function factsOf(
  service: ServiceConfig,
  config: Config,
  { stateDir, env }: { stateDir: string; env: Env },
): Promise<EmbeddedFacts> {
  const builtIn = service.source.type === 'embedder';
  const program = service.source.type === 'command' ? (service.source.argv[0] ?? '') : '';
  return {
    nodeVersion: process.version,
    procReadable: readStat(process.pid) !== null,
    stateDir,
    stateWritable: isWritable(stateDir),
    program: { name: program, found: findProgram(program, env.PATH ?? '') !== null },
    embedderInstalled: builtIn ? findEmbedder() !== null : null,
    port: service.port,
    portHolder: service.port === null ? null : await holderOf(service.port),
    guardPid: lockOwner(stateDir)?.pid ?? null,
    notifiers: config.notifiers.length,
    lastDrill: lastDrillOf(service.name, stateDir),
    nowWallMs: systemClock.wallMs(),
  };
}

/** The nearest folder that exists decides: `up` makes the rest. */
function isWritable(dir: string): boolean {
  if (!existsSync(dir)) return dirname(dir) !== dir && isWritable(dirname(dir));
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function holderOf(port: number): Promise<EmbeddedFacts['portHolder']> {
  const holder = createPortLookup(process.getuid?.() ?? -1, systemClock.monotonicMs).holders(port, [])?.[0];
  if (!holder) return null;
  if (!holder.process) return { ours: false, text: `a process of uid ${holder.uid}` };
  const { pid, name } = holder.process;
  const environ = await readEnviron(pid);
  return { ours: environ?.includes('NINELIVES_INCARNATION=') ?? false, text: `pid ${pid} (${name})` };
}

function lastDrillOf(service: string, stateDir: string): EmbeddedFacts['lastDrill'] {
  const file = join(stateDir, RECORD_FILE);
  if (!existsSync(file)) return null;
  const record = openRecord(file);
  try {
    return record.drills(service).at(-1) ?? null;
  } finally {
    record.close();
  }
}

function print(service: string, rows: DoctorRow[], terminal: Terminal): void {
  const mark = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'FAIL'] } as const;
  terminal.out(terminal.style('bold', service));
  for (const row of rows) {
    const [style, word] = mark[row.level];
    terminal.out(`  ${terminal.style(style, word)}  ${row.id.padEnd(13)} ${row.read}: ${row.means}`);
    for (const [index, line] of (row.fix?.split('\n') ?? []).entries()) {
      terminal.out(`        ${index === 0 ? terminal.style('cyan', 'fix') : '   '}  ${line}`);
    }
  }
}
