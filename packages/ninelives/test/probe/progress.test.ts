import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCounter } from '../../src/probe/progress.js';
import { startBadServer } from './bad-server.js';

test('a counter is read over the wire; whatever is in the way is unknown, with the reason', async () => {
  const server = await startBadServer((_body, request, response) => {
    if (request.url === '/metrics') response.end('done_total{a="b"} 2\ndone_total{a="c"} 3\n');
    else if (request.url === '/endless') response.end('x'.repeat(5 * 1024 * 1024));
    else if (request.url === '/gone') response.writeHead(404).end();
    else if (request.url === '/cut') request.socket.destroy();
  });
  const signal = new AbortController().signal;
  const read = (path: string, counter = 'done_total') =>
    readCounter({ url: `${server.url}${path}`, counter, fetch: globalThis.fetch, signal, limitMs: 1_000 });
  try {
    assert.equal(await read('/metrics'), 5);
    const table: [Parameters<typeof read>, RegExp][] = [
      [['/metrics', 'other'], /no counter other/],
      [['/endless'], /longer than 4 MiB/],
      [['/gone'], /HTTP 404/],
      [['/cut'], /ended before/],
      [['/silent'], /no whole answer within 1000 ms/],
    ];
    for (const [args, why] of table) {
      const result = await read(...args);
      assert.match(typeof result === 'number' ? String(result) : result.unknown, why);
    }
  } finally {
    await server.close();
  }
});
