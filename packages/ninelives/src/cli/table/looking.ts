import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { readEvidence } from '../../evidence/store.js';
import { lockOwner } from '../../host/lock.js';
import { systemClock } from '../../host/system-clock.js';
import { runDoctor } from '../commands/doctor.js';
import { runInit } from '../commands/init.js';
import { showIncidents, showStatus } from '../commands/inspect.js';
import { runProbeCommand } from '../commands/probe.js';
import { recordGolden } from '../commands/record-golden.js';
import { writeStatusPage } from '../commands/status-page.js';
import { CliError, EXIT } from '../errors.js';
import { askGateways } from '../gateway/seen.js';
import { configHere } from '../guarded.js';
import { stateDirOf, withRecord } from '../state-dir.js';
import {
  type CommandContext,
  type Flags,
  jsonFlag,
  serviceFlags,
  stateFlag,
  withServiceFlags,
} from './flags.js';

/** probe, doctor, init, status, incidents */
export function addLooking(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  withServiceFlags(program.command('probe'))
    .description('one real-work probe now, beside the cheap endpoints')
    .option('--record-golden <file>', "keep today's answers as the right ones (you approve them)")
    .action(async (flags: Flags & { recordGolden?: string }) => {
      const named = serviceFlags(flags);
      const { services } = configHere(named, [], stateDirOf(flags.state, env), env);
      const [service] = services;
      if (flags.recordGolden !== undefined && service) {
        const golden = { file: flags.recordGolden, signal: context.signal };
        return context.exit(await recordGolden(service, golden, terminal));
      }
      const options = { json: flags.json ?? false, signal: context.signal };
      context.exit(await runProbeCommand(services, options, terminal));
    });
  withServiceFlags(program.command('doctor').argument('[command...]'))
    .description('would a SIGKILL bring it back? every precondition, measured, each with its fix')
    .passThroughOptions()
    .action(async (command: string[], flags: Flags) => {
      const named = serviceFlags(flags);
      const stateDir = stateDirOf(flags.state, env);
      const config = configHere(named, command, stateDir, env);
      context.exit(await runDoctor(config, { stateDir, env, json: flags.json ?? false }, terminal));
    });
  withServiceFlags(program.command('init').argument('[command...]'))
    .description('look around, and write a commented ninelives.yaml whose probe has just passed')
    .option('--print', 'to the terminal only')
    .passThroughOptions()
    .action(async (command: string[], flags: Flags & { print?: boolean }) => {
      const schema = fileURLToPath(new URL('../../../../schema/ninelives.schema.json', import.meta.url));
      const { config: file, ...service } = serviceFlags(flags);
      const { signal } = context;
      const stateDir = stateDirOf(flags.state, env);
      const options = { file, print: flags.print ?? false, schema, service, command, stateDir, env, signal };
      context.exit(await runInit(options, terminal));
    });
  program
    .command('status')
    .description('what is seen now, in one sentence a service')
    .option('--html <file>', 'the public status page, for any web server: says little, leaks nothing')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action(async (flags: Flags & { html?: string }) => {
      const stateDir = stateDirOf(flags.state, env);
      const options = { ...(await seenNow(stateDir)), json: flags.json ?? false };
      withRecord(stateDir, (record) => {
        if (flags.html !== undefined) writeStatusPage(record, flags.html, options.nowWallMs);
        context.exit(showStatus(record, lockOwner(stateDir), options, terminal));
      });
    });
  program
    .command('incidents')
    .description('what happened; with an id, the whole story of one')
    .argument('[id...]', 'one of them; `show ID` means the same')
    .option('--limit <n>', 'how many, newest', '50')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action((words: string[], flags: Flags & { limit: string }) => {
      const limit = Number(flags.limit);
      if (!Number.isInteger(limit) || limit < 1) {
        throw new CliError(`--limit takes a whole number from 1, not '${flags.limit}'`, EXIT.usage);
      }
      const stateDir = stateDirOf(flags.state, env);
      const evidenceOf = (incidentId: string) => readEvidence(stateDir, incidentId);
      const options = { id: incidentIn(words), json: flags.json ?? false, limit, evidenceOf };
      withRecord(stateDir, (record) => {
        context.exit(showIncidents(record, options, terminal));
      });
    });
}

/** `ID` or `show ID`; null: all of them. @throws CliError */
function incidentIn(words: readonly string[]): string | null {
  const [id, ...more] = words[0] === 'show' ? words.slice(1) : words;
  if (more.length === 0 && (id !== undefined || words.length === 0)) return id ?? null;
  throw new CliError('name one incident', EXIT.usage, 'ninelives incidents show ID');
}

async function seenNow(stateDir: string) {
  return { gateways: await askGateways(stateDir), nowWallMs: systemClock.wallMs() };
}
