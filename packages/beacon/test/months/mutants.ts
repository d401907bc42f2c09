import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Carriers } from './watcher.js';

/** One thing wrong in the compiled text of what carries pages. */
export interface Mutant {
  name: string;
  file: 'lane' | 'rows';
  from: string;
  to: string;
}

export const MUTANTS: Mutant[] = [
  {
    name: 'takes a failure for acceptance',
    file: 'lane',
    from: 'record.outboxFailed(row.id, error, { wallMs: now + waitMs })',
    to: 'record.outboxAccepted(row.id, now)',
  },
  { name: 'gives up at the first failure', file: 'lane', from: "'refused' || old", to: "'refused' || true" },
  {
    name: 'gives up after five tries, however soon',
    file: 'lane',
    from: 'now - row.queuedWallMs >= giveUpAfterMs && ',
    to: '',
  },
  {
    name: 'sends each page twice',
    file: 'lane',
    from: 'return await notifier.deliver(',
    to: 'await notifier.deliver(row.page, stopping.signal); return await notifier.deliver(',
  },
  {
    name: 'sends the newest first',
    file: 'rows',
    from: 'if (!heads.has(row.notifier))',
    to: 'if (true)',
  },
];

const LANE = fileURLToPath(import.meta.resolve('ninelives/dist/src/notify/lane.js'));
const ROWS = fileURLToPath(new URL('../../src/outbox-rows.js', import.meta.url));

/** The mutant as modules of its own, in a folder of its own. @throws Error when its text is not there exactly once */
export async function hatched({ file, from, to }: Mutant): Promise<{ carriers: Carriers; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-months-'));
  const place = (path: string, name: string, wrong: boolean): string => {
    const text = readFileSync(path, 'utf8');
    const found = text.split(from).length - 1;
    if (wrong && found !== 1) throw new Error(`${path} has this ${found} times, not once: ${from}`);
    const copy = join(folder, `${name}.mjs`);
    const at = (other: string) => JSON.stringify(pathToFileURL(join(path, '..', other)).href);
    const absolute = (wrong ? text.replace(from, () => to) : text)
      .replace(/from '(\.[^']+)'/g, (_, other: string) => `from ${at(other)}`)
      .replace(/from '(ninelives[^']+)'/g, (_, other: string) => `from '${import.meta.resolve(other)}'`);
    writeFileSync(copy, absolute);
    return pathToFileURL(copy).href;
  };
  const lane = (await import(place(LANE, 'lane', file === 'lane'))) as Pick<Carriers, 'createLane'>;
  const rows = (await import(place(ROWS, 'rows', file === 'rows'))) as Pick<Carriers, 'outboxRows'>;
  const carriers = { createLane: lane.createLane, outboxRows: rows.outboxRows };
  return { carriers, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
