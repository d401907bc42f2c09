import { execFileSync } from 'node:child_process';
import { InstallError } from './errors.js';

/** The user's crontab as it is; null when there is none. @throws InstallError when it can't be read. */
export function readCrontab(): string | null {
  try {
    return execFileSync('crontab', ['-l'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { status, code, stderr } = error as { status?: number | null; code?: string; stderr?: string };
    if (status === 1 && /no crontab for/i.test(stderr ?? '')) return null;
    const why = code === 'ENOENT' ? 'there is no crontab command' : (stderr?.trim() ?? `exit ${status}`);
    throw new InstallError(
      `the crontab can't be read: ${why}`,
      'install cron, or take the user unit: ninelives install without --cron',
      { cause: error },
    );
  }
}

/** @param text null: there is to be none */
export function writeCrontab(text: string | null): void {
  try {
    if (text === null) execFileSync('crontab', ['-r'], { stdio: ['ignore', 'ignore', 'pipe'] });
    else execFileSync('crontab', ['-'], { input: text, stdio: ['pipe', 'ignore', 'pipe'] });
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error).trim();
    throw new InstallError(`the crontab can't be written: ${said}`, 'crontab -l', { cause: error });
  }
}

/** Every other line stays byte for byte. Pure. */
export function withLine(crontab: string | null, { line }: { line: string }): string {
  const before = crontab ?? '';
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`;
}

/** Null when nothing else was in it: then there was none before. Pure. */
export function withoutLine(crontab: string | null, { marker }: { marker: string }): string | null {
  const lines = (crontab ?? '').split(/(?<=\n)/);
  const kept = lines.filter((line) => !line.trimEnd().endsWith(marker)).join('');
  return kept === '' ? null : kept;
}

export function hasMarker(crontab: string | null, marker: string): boolean {
  return (crontab ?? '').split('\n').some((line) => line.trimEnd().endsWith(marker));
}
