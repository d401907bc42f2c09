/**
 * As `docker run` is to systemd: the main process passes everything on to a server that is not in its tree.
 * node container-client.js --port N --upstream N. A new life gives that server a new life too.
 */
import { request as ask, createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { port: { type: 'string' }, upstream: { type: 'string' } } });
const upstream = Number(values.upstream);

await restartUpstream();
const server = createServer((request, response) => {
  const { method, url, headers } = request;
  const onward = ask({ port: upstream, host: '127.0.0.1', method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
});
server.listen(Number(values.port), '127.0.0.1');

async function restartUpstream(): Promise<void> {
  const url = `http://127.0.0.1:${upstream}`;
  await fetch(`${url}/zoo/mend`, { method: 'POST' }).catch(() => null);
  for (;;) {
    const answer = await fetch(`${url}/health`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((again) => setTimeout(again, 50));
  }
}
