import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** Answers any text with a vector of its own, everywhere: a model that is there, and well. */
createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { input = [] } = (body === '' ? {} : JSON.parse(body)) as { input?: string[] };
  const vector = (text: string) => [...createHash('sha256').update(text).digest()].map((byte) => byte - 128);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ data: input.map((text, index) => ({ index, embedding: vector(text) })) }));
}).listen(Number(process.argv[2]), '0.0.0.0');
