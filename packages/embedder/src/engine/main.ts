/** Entry of the engine process: loads one model, answers batches in order, ends when its channel closes. */
import type { FromEngine, ToEngine } from './protocol.js';

// The binding is the slowest import; ask for it before the first message is even here.
const sessionModule = import('./session.js');
let queue: Promise<void> = Promise.resolve();
let session: import('./session.js').EmbeddingSession | undefined;

function send(message: FromEngine): void {
  if (process.connected) process.send?.(message);
}

async function handle(message: ToEngine): Promise<void> {
  const startedMs = performance.now();
  if (message.type === 'load') {
    try {
      session = await (await sessionModule).openSession(message);
      send({ type: 'ready', dimensions: session.dimensions, loadMs: performance.now() - startedMs });
    } catch (error) {
      send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
    return;
  }
  try {
    if (session === undefined) throw new Error('batch before the model was loaded');
    const vectors = await session.run(message.ids, message.lengths);
    send({ type: 'vectors', id: message.id, vectors, inferenceMs: performance.now() - startedMs });
  } catch (error) {
    send({ type: 'error', id: message.id, message: error instanceof Error ? error.message : String(error) });
  }
}

process.on('message', (message: ToEngine) => {
  queue = queue.then(() => handle(message));
});
// The parent's death closes the channel. A live engine leaves at once; a stopped one cannot, and is
// the orphan that whoever guards the service has to clear.
process.on('disconnect', () => process.exit(0));
// A terminal's Ctrl-C and systemd's stop signal go to the whole group: the API process drains first,
// and closing the channel is how it tells us that it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
