import { createOutbox } from '../../src/notify/outbox.js';
import { createNotifier } from '../../src/notify/table.js';
import { openRecord } from '../../src/record/sqlite.js';

/** An outbox with a second in line, a fallback and reminders, until it is killed, on a clock 50 times as fast. */
const SPEED = 50;
const [path, url, startedWallMs] = process.argv.slice(2);
const wallMs = () => (Date.now() - Number(startedWallMs)) * SPEED;
const ports = { wallMs, env: {}, runbook: null };
const outbox = createOutbox({
  record: openRecord(path as string),
  notifiers: ['phone', 'boss', 'mail'].map((name) =>
    createNotifier({ type: 'webhook', name, url: `${url}/${name}`, secret: null, headers: {} }, ports),
  ),
  paging: {
    routes: {
      phone: { afterMs: null, fallback: ['mail'] },
      boss: { afterMs: 20_000, fallback: [] },
      mail: { afterMs: null, fallback: [] },
    },
    remindMs: 40_000,
    fallbackAfterMs: 10_000,
    giveUpMs: 1e9,
    flapping: null,
    maintenance: [],
  },
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
