// The yardstick of bench/embedder.mjs: one process, no server, the engine's own session with the server's settings.
//   --once: load, embed one text, print, exit. Otherwise: texts on the first line, then one question a line.
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const dist = new URL('../packages/embedder/dist/src/', import.meta.url);
const [{ openSession }, { loadTextEncoder }, { defaultConfig }, { ensureModel }] = await Promise.all(
  ['engine/session.js', 'batch/text-encoder.js', 'config/config.js', 'model/ensure.js'].map(
    (file) => import(new URL(file, dist).href),
  ),
);
const config = defaultConfig();
const cacheHome = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
const model = await ensureModel({ model: config.model, cacheDir: path.join(cacheHome, 'ninelives') });
const [encoder, session] = await Promise.all([
  loadTextEncoder(model.dir),
  openSession({ modelFile: model.modelFile, threads: config.engine.threads, pooling: model.pooling }),
]);

async function embed(batch) {
  const encoded = batch.map((text) => encoder.encodeText(text));
  const lengths = Int32Array.from(encoded, (ids) => ids.length);
  const ids = Int32Array.from(encoded.flatMap((row) => [...row]));
  return session.run(ids, lengths);
}

async function perSecond(texts, batch) {
  const startedMs = performance.now();
  for (let at = 0; at < texts.length; at += batch) await embed(texts.slice(at, at + batch));
  return texts.length / ((performance.now() - startedMs) / 1000);
}

if (process.argv.includes('--once')) {
  const vectors = await embed(['a first text']);
  console.log(vectors.length);
} else {
  let texts;
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    if (texts === undefined) texts = message;
    else if (message.warm !== undefined) console.log(await perSecond(texts, message.warm));
    else {
      const order = message.sorted === true ? texts.toSorted((a, b) => a.length - b.length) : texts;
      console.log(await perSecond(order, message.batch));
    }
  }
}
