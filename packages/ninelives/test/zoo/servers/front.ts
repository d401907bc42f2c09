/**
 * A parent that only supervises, and a child that owns the port and outlives it: node front.js --port N
 * `POST /zoo/break` to the child ends the parent; the child keeps the port, answers right, and ignores SIGTERM.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { vectorOf } from './vectors.js';

const { values } = parseArgs({ options: { port: { type: 'string' }, child: { type: 'boolean' } } });

if (values.child) serve(Number(values.port));
else await superviseChild();

async function superviseChild(): Promise<void> {
  const script = process.argv[1] ?? '';
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const child = spawn(process.execPath, [script, '--child', '--port', values.port ?? ''], {
    stdio: [...stdio],
  });
  child.on('message', () => process.exit(1));
  await once(child, 'exit');
  process.exit(1);
}

function serve(port: number): void {
  process.on('SIGTERM', () => {});
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (request.url !== '/v1/embeddings') response.end('{"status":"ok"}');
      else {
        const { input } = JSON.parse(body) as { input: string[] };
        const data = [input].flat().map((text, index) => ({ index, embedding: vectorOf(text) }));
        response.end(JSON.stringify({ object: 'list', data }));
      }
      if (request.url?.startsWith('/zoo/break')) process.send?.('break');
    });
  });
  server.on('error', () => process.exit(1));
  server.listen(port, '127.0.0.1');
}
