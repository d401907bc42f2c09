import type { Fault, ZooRequest } from '../fault.js';
import { otherModelsVectorOf, turned, vectorOf } from '../vectors.js';

type Answer = (request: ZooRequest) => void;

const wrongly = (answer: Answer): Fault => ({ begin() {}, answer });

function reply(status: number, headers: { [name: string]: string }, body: string): Fault {
  return wrongly(({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  });
}

/** Vectors that are made otherwise, in an answer that looks like every other. */
function vectors(make: (text: string, ageMs: number) => unknown[]): Fault {
  return wrongly(({ inputs, ageMs, send }) => send(inputs.map((text) => make(text, ageMs))));
}

/** How long the drift takes from right to unrelated. */
const DRIFT_MS = 10_000;

const NAN = wrongly(({ inputs, response }) => {
  // As Python's json.dumps does it: not JSON, and many clients take it.
  const embedding = `[${vectorOf('').map(() => 'NaN')}]`;
  const data = inputs.map((_, index) => `{"object":"embedding","index":${index},"embedding":${embedding}}`);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`{"object":"list","data":[${data}],"model":"zoo"}`);
});

/** The answer's length is right, half of it comes, then the connection ends. */
const TRUNCATED = wrongly(({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '4000' });
  response.write('{"object":"list","data":[{"index":0,"embedding":[0.1,');
  setTimeout(() => response.destroy(), 20);
});

/** A few bytes now and then, for ever. */
const ENDLESS = wrongly(({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"object":"list","data":[{"index":0,"embedding":[');
  const timer = setInterval(() => response.write('0.1,'), 200);
  response.on('close', () => clearInterval(timer));
});

/** As many bytes as the client takes, for ever. */
const FLOOD = wrongly(({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"object":"list","data":[{"index":0,"embedding":[');
  const chunk = '0.1,'.repeat(64 * 1024);
  const pour = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', pour);
  pour();
});

/** Another model since the restart: sane answers, far from the approved ones. */
const OTHER_MODEL: Fault = {
  begin({ leave }) {
    leave('another model', 'all');
    process.exit(1);
  },
  answer: ({ inputs, send }) => send(inputs.map(otherModelsVectorOf)),
};

/** It answers, at once, and not right. */
export const ANSWER_FAULTS = {
  poisoned: reply(500, {}, '{"error":{"message":"CUDA error: device-side assert triggered"}}'),
  unavailable: reply(503, { 'retry-after': '1' }, '{"error":{"message":"no worker is ready"}}'),
  nan: NAN,
  null: vectors((text) => vectorOf(text).map(() => null)),
  zero: vectors((text) => vectorOf(text).map(() => 0)),
  constant: vectors(() => vectorOf('always the same')),
  garbage: vectors(() => vectorOf(String(Math.random()))),
  drifting: vectors((text, ageMs) => turned(text, ageMs / DRIFT_MS)),
  'other-model': OTHER_MODEL,
  truncated: TRUNCATED,
  endless: ENDLESS,
  flood: FLOOD,
  redirect: reply(307, { location: 'https://models.example/v1/embeddings' }, ''),
  'content-type': reply(200, { 'content-type': 'text/html' }, '<html><title>Please log in</title></html>'),
  unauthorized: reply(401, {}, '{"error":{"message":"Incorrect API key provided"}}'),
  'not-found': reply(404, {}, '{"error":{"message":"The model does not exist"}}'),
} satisfies Record<string, Fault>;
