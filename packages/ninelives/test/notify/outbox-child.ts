import { createOutbox } from '../../src/notify/outbox.js';
import { createNotifier } from '../../src/notify/table.js';
import { openRecord } from '../../src/record/sqlite.js';

/** Drains the outbox of a record to a webhook until it is killed, on a clock 50 times as fast. */
const SPEED = 50;
const [path, url, startedWallMs] = process.argv.slice(2);
const wallMs = () => (Date.now() - Number(startedWallMs)) * SPEED;
const outbox = createOutbox({
  record: openRecord(path as string),
  notifiers: [
    createNotifier(
      { type: 'webhook', name: 'hook', url: url as string, secret: 'a secret', headers: {} },
      { wallMs, env: {}, runbook: null },
    ),
  ],
  random: Math.random,
  clock: {
    wallMs,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / SPEED);
      return () => clearTimeout(timer);
    },
  },
});
setInterval(() => void outbox.drain(), 20);
