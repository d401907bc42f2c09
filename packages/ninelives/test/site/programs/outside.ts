import { createServer } from 'node:http';

/**
 * The rest of the world: two control targets, and a heartbeat service shaped as Healthchecks is, with one check, which
 * tells through a server of its own when nobody has pinged for `graceMs`, and when somebody does again.
 */
const { host, uuid, graceMs, tellUrl } = JSON.parse(process.argv[2] ?? '') as {
  host: string;
  uuid: string;
  graceMs: number;
  tellUrl: string;
};
for (const port of [80, 81]) createServer((_, response) => response.writeHead(204).end()).listen(port, host);

let lastMs: number | null = null;
let down = false;

async function tell(what: 'DOWN' | 'UP'): Promise<void> {
  const tags = [what === 'DOWN' ? 'red_circle' : 'white_check_mark'];
  const body = {
    topic: 'healthchecks',
    title: `off is ${what}`,
    message: 'by hc.example',
    priority: 4,
    tags,
  };
  await fetch(tellUrl, { method: 'POST', body: JSON.stringify(body) });
}

createServer((request, response) => {
  if (request.url !== `/ping/${uuid}`) return response.writeHead(404).end('not found');
  lastMs = performance.now();
  if (down) void tell('UP');
  down = false;
  return response.end('OK');
}).listen(8000, host);

setInterval(() => {
  // As Healthchecks does, a check that was never pinged is new, not down.
  if (down || lastMs === null || performance.now() - lastMs < graceMs) return;
  down = true;
  void tell('DOWN');
}, 100);
