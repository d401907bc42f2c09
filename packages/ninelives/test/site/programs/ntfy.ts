import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** Shaped as ntfy is when JSON is published to its root; keeps each message it takes as a line of a file. */
const [host = '', file = ''] = process.argv.slice(2);
let taken = 0;

createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const refuse = (why: string) =>
    response.writeHead(400).end(JSON.stringify({ code: 40024, http: 400, error: why }));
  if (request.method !== 'POST' || request.url !== '/') return refuse('publish with POST /');
  const { topic, title, message, priority, tags, sequence_id } = JSON.parse(body) as {
    [key: string]: unknown;
  };
  if (typeof topic !== 'string' || !/^[-_A-Za-z0-9]{1,64}$/.test(topic)) return refuse('topic');
  if (typeof message !== 'string' || message === '') return refuse('message');
  if (!(Number(priority) >= 1 && Number(priority) <= 5)) return refuse('priority');
  const line = { wallMs: Date.now(), topic, title, message, priority, tags, sequence_id };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
  taken += 1;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ id: `m${taken}`, time: Math.floor(Date.now() / 1_000), event: 'message' }));
}).listen(80, host);
