import type { Command } from 'commander';
import { DEFAULT_DASHBOARD } from '../../config/defaults.js';
import { systemClock } from '../../host/system-clock.js';
import { showDashboard } from '../commands/dashboard.js';
import { exportPrometheus } from '../commands/export-prometheus.js';
import { runReport } from '../commands/report.js';
import { configOf } from '../services.js';
import { stateDirOf, withRecord } from '../state-dir.js';
import { type CommandContext, durationOf, type Flags, jsonFlag, serviceFlags, stateFlag } from './flags.js';

/** report, dashboard */
export function addTelling(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  program
    .command('report')
    .description('what happened, for the reviewer: availability by real work, incidents, kills, drills, gaps')
    .option('--since <duration>', 'how far back', '72h')
    .option('--html <file>', 'one self-contained page that prints well')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action((flags: Flags & { since: string; html?: string }) => {
      const options = {
        sinceMs: durationOf('--since', flags.since),
        nowWallMs: systemClock.wallMs(),
        htmlFile: flags.html ?? null,
        json: flags.json ?? false,
      };
      withRecord(stateDirOf(flags.state, env), (record) => {
        context.exit(runReport(record, options, terminal));
      });
    });
  program
    .command('dashboard')
    .description('where the dashboard of `up` and `guard` is, with the token that lets you act there')
    .option('--dashboard-port <n>', 'where it listens', String(DEFAULT_DASHBOARD.port))
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action((flags: Flags & { dashboardPort: string }) => {
      const stateDir = stateDirOf(flags.state, env);
      const port = Number(flags.dashboardPort);
      // There is no token before there is a state folder.
      withRecord(stateDir, () => showDashboard({ stateDir, port, json: flags.json ?? false }, terminal));
    });
}

/** export prometheus: beside the other exports, which are folders, it is text. Added after them. */
export function addPrometheus(program: Command, context: CommandContext): void {
  const { terminal, env } = context;
  const parent = program.commands.find((command) => command.name() === 'export') ?? program.command('export');
  parent
    .command('prometheus')
    .description('alert rules for Prometheus; with --scrape what to scrape')
    .option('--scrape', 'scrape_configs for the services of the config, instead of the rules')
    .option('--config <file>', 'a ninelives.yaml (default: the one here)')
    .action((flags: Flags & { scrape?: boolean }) => {
      exportPrometheus(flags.scrape ? configOf(serviceFlags(flags), [], env).config : null, terminal);
    });
}
