// The model server behind every proxy: one thread, as real ones are, and bodies that do it harm.
//   node backend.mjs --port N --log FILE --fault FILE --load-ms N --loading closed|503
// A body is {"id", "do", "ms", "pad"}. What is done: `wait` ms (others are served), `cpu` ms of processor time (nothing
// else is served), `die` at once, `half` of the answer and then death, the first time only (FILE remembers).
// Every body that arrives whole is a line in the log: the copies that were really sent.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: Object.fromEntries(
    ['port', 'log', 'fault', 'load-ms', 'loading'].map((name) => [name, { type: 'string' }]),
  ),
});
const ANSWER = {
  object: 'list',
  data: [{ index: 0, embedding: Array.from({ length: 384 }, (_, at) => at / 384) }],
};
const json = { 'Content-Type': 'application/json' };
let loaded = false;

function answer(request, response, body) {
  if (!loaded) return response.writeHead(503, { ...json, 'Retry-After': '1' }).end('{"error":"loading"}');
  if (request.method !== 'POST') return response.writeHead(200, json).end('{"status":"ok"}');
  const { id, do: what, ms } = JSON.parse(body);
  appendFileSync(values.log, `${id}\n`);
  const text = JSON.stringify({ ...ANSWER, id });
  const whole = () =>
    response.writeHead(200, { ...json, 'Content-Length': Buffer.byteLength(text) }).end(text);
  if (what === 'die') return process.kill(process.pid, 'SIGKILL');
  if (what === 'half' && !existsSync(values.fault)) {
    writeFileSync(values.fault, '');
    response.writeHead(200, { ...json, 'Content-Length': Buffer.byteLength(text) });
    response.write(text.slice(0, text.length / 2));
    return setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);
  }
  if (what === 'cpu') {
    const used = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    };
    for (const until = used() + ms; used() < until; );
    return whole();
  }
  setTimeout(whole, ms ?? 0);
}

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => answer(request, response, Buffer.concat(parts).toString()));
});
const listen = () => server.listen(Number(values.port), '127.0.0.1');
if (values.loading === '503') listen();
setTimeout(() => {
  loaded = true;
  if (values.loading !== '503') listen();
}, Number(values['load-ms']));
