import { openRecord } from '../../src/record/sqlite.js';
import { NOTIFIERS, SERVICE, story } from './story.js';

/** Commits the story from where the record left off, as fast as it can, until it is killed. */
const [path, seed] = process.argv.slice(2);
const record = openRecord(path as string);
const last = record.load(SERVICE)?.state.nextId ?? 0;
process.stdout.write('open\n');
for (const { n, decision, posts, consumes } of story(Number(seed))) {
  if (n <= last) continue;
  if (posts) record.post({ service: SERVICE, wallMs: n, by: `step ${n}`, command: { type: 'pause' } });
  const consumed = consumes ? record.inbox(SERVICE).map(({ id }) => id) : [];
  record.commit(SERVICE, decision, { notifiers: NOTIFIERS, consumed });
  if (n % 50 === 0) record.retain(0);
  // Lets pending output leave: a story without a pause would be heard of only at its end.
  if (n === last + 1) await new Promise((done) => setImmediate(done));
}
