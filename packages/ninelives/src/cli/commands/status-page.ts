import type { GuardRecord } from '../../record/record.js';
import { statusHtml } from '../../report/html/status.js';
import { publicServices } from '../../report/public.js';
import { writePage } from '../write-page.js';

/** `status --html FILE`: what the route `/status` says, as a file for a web server of the user's own. @throws CliError */
export function writeStatusPage(record: GuardRecord, file: string, nowWallMs: number): void {
  writePage(file, statusHtml(publicServices(record, nowWallMs), nowWallMs));
}
