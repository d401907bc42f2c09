import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FarEnd } from '../contract/notifier.js';

export interface Request {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A real HTTP server on loopback; `answer` decides each request. */
export async function farServer(answer: (request: Request, response: ServerResponse) => void) {
  const requests: Request[] = [];
  const server = createServer(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body };
    requests.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

/** A far end over HTTP for the contract: it takes requests, or fails as it is told, and repeats what it was sent. */
export async function httpFarEnd(accepts: number, answer: (request: Request) => unknown = () => '') {
  let end: FarEnd = 'accepts';
  const taken: Request[] = [];
  const server = await farServer((request, response) => {
    const echo = `${request.path} ${JSON.stringify(request.headers)} ${request.body}`;
    if (end === 'is silent') return;
    if (end === 'is not there') return response.destroy();
    if (end === 'fails') return response.writeHead(503).end(echo);
    if (end === 'is busy') return response.writeHead(429, { 'retry-after': '90' }).end('{}');
    if (end === 'refuses') return response.writeHead(400).end(echo);
    taken.push(request);
    response.writeHead(accepts).end(accepts === 204 ? undefined : JSON.stringify(answer(request)));
  });
  const far = (next: FarEnd) => {
    end = next;
  };
  return { server, taken, far };
}
