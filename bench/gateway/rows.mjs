import { setTimeout as sleep } from 'node:timers/promises';
import { ask, crowd } from './client.mjs';

const WARM_MS = 2_000;
const AFTER_MS = 2_000;
const WORKERS = 9;
/** Three restarts on a busy machine take less; who waits longer than this for a neighbour's fault was hurt by it. */
const HURT_MS = 10_000;
const POISON_MS = 25_000;
const GUARD_MS = 5_000;
const SIZES = { '1 KB': 1e3, '20 KB': 2e4, '100 KB': 1e5, '1 MB': 1e6, '8 MB': 8e6 };

const oneMore = ({ failed, copies }) => failed === 0 && copies <= 2;

/**
 * One fault each. `run({url, server, front})` resolves to {calls, failed, copies (the most of one call), longestS, …};
 * `right` is what a client would call right. `alone`: it burns a core, so no other cell runs beside it.
 */
export const ROWS = [
  {
    name: 'kill',
    about: 'SIGKILL under 9 clients; back after 1 s',
    run: (scene) => reload(scene, { ms: 100, port: 'closed' }),
    right: oneMore,
  },
  {
    name: 'reload-closed',
    about: 'SIGKILL, then 20 s in which the port is closed',
    run: (scene) => reload(scene, { ms: 20_000, port: 'closed' }),
    right: oneMore,
  },
  {
    name: 'reload-503',
    about: 'SIGKILL, then 20 s in which everything, /health too, is answered 503',
    run: (scene) => reload(scene, { ms: 20_000, port: '503' }),
    right: oneMore,
  },
  {
    name: 'sigstop',
    about: `SIGSTOP; a guard kills it ${GUARD_MS / 1_000} s later. Right also asks that the hang is noticed before`,
    run: sigstop,
    right: (told) => oneMore(told) && told.noticedS !== null && told.noticedS < GUARD_MS / 1_000,
  },
  {
    name: 'mid-body',
    about: 'death after half of an answer has been sent',
    run: midBody,
    right: oneMore,
  },
  {
    name: 'poison',
    about: `one request of which the server dies, 8 innocent clients, ${POISON_MS / 1_000} s. Right: at most 3 deaths, nobody hurt`,
    run: poison,
    right: ({ deaths, hurt }) => deaths <= 3 && hurt === 0,
  },
  {
    name: 'slow',
    about: 'a healthy request of 8 s of CPU on a server of one thread, 4 clients beside it. Right: one copy',
    run: slow,
    right: ({ failed, copies }) => failed === 0 && copies === 1,
    alone: true,
  },
  {
    name: 'bodies',
    about: `bodies of ${Object.keys(SIZES).join(', ')} on their way at a SIGKILL`,
    run: bodies,
    right: oneMore,
  },
  {
    name: 'gone',
    about: 'four clients that are held for 2 s during a reload, and hang up. Right: none of it is sent later',
    run: gone,
    right: ({ failed, copies }) => failed === 0 && copies === 0,
  },
];

async function reload({ url, server }, loading) {
  const clients = crowd(url, WORKERS);
  await sleep(WARM_MS);
  server.loading = loading;
  server.signal('SIGKILL');
  await sleep(500);
  await server.serving();
  await sleep(AFTER_MS);
  return tally(await clients.stop(), server);
}

async function sigstop({ url, server, front }) {
  const clients = crowd(url, WORKERS);
  await sleep(WARM_MS);
  const atMs = Date.now();
  server.signal('SIGSTOP');
  await sleep(GUARD_MS);
  const noticedS = front.noticed(atMs);
  server.signal('SIGKILL');
  await sleep(500);
  await server.serving();
  await sleep(AFTER_MS);
  return { ...tally(await clients.stop(), server), noticedS };
}

async function midBody({ url, server }) {
  const clients = crowd(url, 4);
  await sleep(WARM_MS);
  const victim = await ask(url, { what: 'half' });
  await sleep(AFTER_MS);
  const others = await clients.stop();
  return { ...tally([victim, ...others], server), victim: victim.why ?? 'answered' };
}

async function poison({ url, server }) {
  const clients = crowd(url, 8);
  await sleep(WARM_MS);
  const ends = new AbortController();
  const asked = ask(url, { what: 'die', signal: ends.signal });
  await sleep(POISON_MS);
  const { deaths } = server;
  ends.abort();
  const { why } = await asked;
  const innocents = await clients.stop();
  const hurt = innocents.filter(({ ok, ms }) => !ok || ms > HURT_MS).length;
  return { ...tally(innocents, server), deaths, hurt, victim: why ?? 'answered' };
}

async function slow({ url, server }) {
  const clients = crowd(url, 4);
  await sleep(WARM_MS);
  const heavy = await ask(url, { what: 'cpu', ms: 8_000 });
  await sleep(AFTER_MS);
  const told = tally([heavy, ...(await clients.stop())], server);
  return { ...told, copies: server.copies().get(heavy.id) ?? 0, victim: heavy.why ?? 'answered' };
}

async function bodies({ url, server }) {
  await ask(url);
  const asked = Object.entries(SIZES).map(async ([size, bytes]) => ({
    size,
    ...(await ask(url, { bytes, ms: 2_000 })),
  }));
  // On their way once the server has read them all.
  for (let looks = 0; looks < 60 && server.copies().size < 1 + asked.length; looks += 1) await sleep(25);
  server.signal('SIGKILL');
  const calls = await Promise.all(asked);
  const lost = calls.filter(({ ok }) => !ok).map(({ size }) => size);
  return { ...tally(calls, server), lost };
}

async function gone({ url, server }) {
  for (let i = 0; i < 20; i += 1) await ask(url);
  server.loading = { ms: 6_000, port: 'closed' };
  server.signal('SIGKILL');
  await sleep(500);
  const leaving = new AbortController();
  const held = Array.from({ length: 4 }, () => ask(url, { what: 'leaver', signal: leaving.signal }));
  const stayer = ask(url);
  await sleep(2_000);
  leaving.abort();
  const left = await Promise.all(held);
  await server.serving();
  const stayed = await stayer;
  await sleep(AFTER_MS);
  const copies = server.copies();
  return {
    ...tally([stayed], server),
    copies: left.reduce((sum, { id }) => sum + (copies.get(id) ?? 0), 0),
  };
}

function tally(calls, server) {
  const copies = server.copies();
  const failed = calls.filter(({ ok }) => !ok);
  const why = {};
  for (const call of failed) why[call.why] = (why[call.why] ?? 0) + 1;
  return {
    calls: calls.length,
    failed: failed.length,
    copies: Math.max(0, ...calls.map(({ id }) => copies.get(id) ?? 0)),
    longestS: Math.max(0, ...calls.map(({ ms }) => ms)) / 1_000,
    deaths: server.deaths,
    why,
  };
}
