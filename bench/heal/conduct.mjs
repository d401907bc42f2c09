/**
 * Runs inside the box, as root: every cell of plan.json, several at a time, results line by line to results.jsonl.
 *   node conduct.mjs BASE
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCell } from './cell.mjs';
import { followExits } from './units.mjs';

/** Healers are not started all at once: a node takes half a core-second to start. */
const STAGGER_MS = 700;
const HEAVY_AT_ONCE = 2;

const base = process.argv[2];
const { place, parallel, cells } = JSON.parse(readFileSync(`${base}/plan.json`, 'utf8'));
const journal = followExits();
const waiting = [...cells];
let heavy = 0;
let turn = Promise.resolve();
await Promise.all(Array.from({ length: parallel }, lane));
journal.end();

async function lane() {
  for (;;) {
    const at = waiting.findIndex(({ row }) => !row.heavy || heavy < HEAVY_AT_ONCE);
    const [cell] = waiting.length > 0 && at >= 0 ? waiting.splice(at, 1) : [];
    if (!cell && waiting.length === 0) return;
    if (!cell) {
      await sleep(500);
      continue;
    }
    heavy += cell.row.heavy ? 1 : 0;
    turn = turn.then(() => sleep(STAGGER_MS));
    await turn;
    const result = await runCell(cell, place, journal.exits).catch((error) => ({
      error: String(error.stack ?? error),
    }));
    heavy -= cell.row.heavy ? 1 : 0;
    const { id, row, healer, limitS } = cell;
    appendFileSync(
      `${base}/results.jsonl`,
      `${JSON.stringify({ id, row: row.name, healer, limitS, ...result })}\n`,
    );
  }
}
