import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edit, Mutant } from './mutant.js';

/** The asserts of the core, turned off: what is then caught is caught by the world's own book-keeping. */
const SILENCED: Edit = { file: 'core/assert.js', from: 'if (!condition)', to: 'if (false)' };

/**
 * A copy of the compiled sources (`dist/src`) with one thing wrong. The caller removes it.
 * @throws Error when a text is not there exactly once: the mutant must be brought up to date.
 */
export function hatch(
  source: string,
  mutant: Mutant,
  silenced: boolean,
): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-mutant-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    for (const room of ['core', 'daemon', 'record', 'gateway', 'notify']) {
      cpSync(join(source, room), join(folder, 'src', room), { recursive: true });
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const edit of silenced ? [...mutant.edits, SILENCED] : mutant.edits) {
      replaceOnce(join(folder, 'src', edit.file), edit);
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { folder: join(folder, 'src'), remove };
}

function replaceOnce(file: string, { from, to }: Edit): void {
  const text = readFileSync(file, 'utf8');
  const found = text.split(from).length - 1;
  if (found !== 1) throw new Error(`${file} has this ${found} times, not once: ${from}`);
  writeFileSync(
    file,
    text.replace(from, () => to),
  );
}
