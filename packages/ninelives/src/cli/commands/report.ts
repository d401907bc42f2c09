import type { GuardRecord } from '../../record/record.js';
import { reportHtml } from '../../report/html/report.js';
import { reportOf } from '../../report/report.js';
import { reportText } from '../../report/text.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import type { Terminal } from '../terminal.js';
import { writePage } from '../write-page.js';

export interface ReportCommandOptions {
  sinceMs: number;
  nowWallMs: number;
  /** Where the page is written; null: to the terminal. */
  htmlFile: string | null;
  json: boolean;
}

/** `report`: what happened, for the reviewer. Exit 1 when an incident is open. */
export function runReport(record: GuardRecord, options: ReportCommandOptions, terminal: Terminal): ExitCode {
  const { sinceMs, nowWallMs, htmlFile, json } = options;
  const report = reportOf(record, { sinceMs, nowWallMs });
  if (report.services.length === 0) {
    throw new CliError('nothing is guarded in this state folder yet', EXIT.environment, 'ninelives up');
  }
  if (htmlFile !== null) writePage(htmlFile, reportHtml(report));
  if (json) terminal.out(JSON.stringify(report));
  else if (htmlFile === null) for (const line of reportText(report)) terminal.out(line);
  else terminal.out(`written: ${htmlFile}`);
  const open = report.services.some(({ incidents }) => incidents.some(({ status }) => status !== 'resolved'));
  return open ? EXIT.unhealthy : EXIT.fine;
}
