import { commitWords, machineWords } from './machine.mjs';
import { code, table } from './page.mjs';

/** Under what a page's figures were taken; `more`: rows of the bench's own. */
export function circumstances({ root, ranMs, command, load, more = [] }) {
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return table(
    ['', ''],
    [
      ['date', `${date} UTC, ${Math.round(ranMs / 60_000)} minutes`],
      ['this tool', commitWords(root)],
      ['machine', machineWords()],
      ['versions', `Node ${process.versions.node}`],
      ['command', code(command)],
      ...more,
      ['load of the machine', `${load[0].toFixed(1)} before, ${load[1].toFixed(1)} at the end`],
    ],
  );
}
