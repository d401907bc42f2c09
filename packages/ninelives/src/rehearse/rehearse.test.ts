import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { Call, Pass } from './client.js';
import { readReference } from './mteb.js';
import { rehearsalPage } from './page.js';
import { DatasetError, readPairs } from './pairs.js';
import { ordered } from './rehearse.js';
import { judge, type Rehearsal, type Strike } from './report.js';
import { percentile, sharedDigits, spearman } from './statistics.js';

const PAIRS = Array.from({ length: 10 }, (_, at) => ({
  score: at / 2,
  one: `He said "no, ${at}".`,
  two: `It's text ${at}.`,
}));
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

describe('graded pairs', () => {
  const rows = (join: (pair: (typeof PAIRS)[0]) => string, head = '') =>
    `${head}${PAIRS.map(join).join('\n')}\n`;
  const shapes: { [name: string]: string } = {
    'TSV with a header': rows(
      ({ score, one, two }) => `${score}\t${one}\t${two}`,
      'score\tsentence1\tsentence2\n',
    ),
    'TSV without one, CRLF': rows(({ score, one, two }) => `${one}\t${two}\t${score}\r`),
    "STSb's own files": rows(({ score, one, two }) => `main\tfile\t2012\t1\t${score}\t${one}\t${two}`),
    'CSV, other names and order': rows(
      ({ score, one, two }) => `${quoted(one)},${quoted(two)},${score}`,
      '\uFEFFsentence_A,sentence_B,relatedness_score\n',
    ),
    'JSON lines': rows(({ score, one, two }) =>
      JSON.stringify({ idx: 1, text1: one, text2: two, label: score }),
    ),
  };
  for (const [name, text] of Object.entries(shapes)) {
    it(`reads ${name}`, () => assert.deepEqual(readPairs(text), PAIRS));
  }

  it('says where and what when it is no such file', () => {
    const head = 'score\tsentence1\tsentence2\n';
    const wrong: [string, RegExp][] = [
      ['a,b\n1,2\n', /columns are not known/],
      [`${head}1\ta\tb\n`, /1 graded pairs.*at least 10/],
      [`${head}1\ta\tb\nhigh\ta\tb\n`, /line 3 has no score: 'high'/],
      [`${head}1\ta\n`, /line 2 has no two texts/],
      ['{"score": 1\n', /line 1 is not a JSON object/],
    ];
    for (const [text, why] of wrong) {
      assert.throws(
        () => readPairs(text),
        (error) => error instanceof DatasetError && why.test(error.message),
      );
    }
  });
});

test("reads MTEB's result files, of today and of old", () => {
  const today = {
    task_name: 'STSBenchmark',
    scores: { test: [{ cosine_spearman: 0.8203, main_score: 0.82 }] },
  };
  const old = { mteb_dataset_name: 'STS12', test: { cos_sim: { spearman: 0.724 } } };
  assert.deepEqual(readReference(JSON.stringify(today)), { task: 'STSBenchmark', score: 82.03 });
  assert.deepEqual(readReference(JSON.stringify(old)), { task: 'STS12', score: 72.39999999999999 });
  assert.throws(() => readReference('{"scores": {}}'), DatasetError);
});

test("Spearman's correlation shares ranks between equals; digits are those that all scores share", () => {
  assert.equal(spearman([1, 2, 3, 4], [10, 20, 30, 40]), 1);
  assert.equal(spearman([1, 2, 3, 4], [4, 3, 2, 1]), -1);
  // By hand: ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4.
  assert.ok(Math.abs(spearman([1, 2, 2, 3], [1, 3, 2, 4]) - 4.5 / Math.sqrt(4.5 * 5)) < 1e-12);
  assert.equal(percentile([3, 1, 2], 0.5), 2);
  assert.equal(percentile([], 0.5), null);
  assert.deepEqual(
    [
      [82.31, 82.31],
      [82.31, 82.312],
      [82.31, 82.4],
      [82, 84],
    ].map(sharedDigits),
    [4, 2, 0, -1],
  );
});

const pass = (score: number | null): Pass => ({ score, tookMs: 100 });
const call = (why: string | null = null): Call => ({ atMs: 0, tookMs: 10, why });
const strike = (change: Partial<Strike> = {}): Strike => ({
  ...{ fault: 'wedge', atMs: 5, outageMs: 5_000, passed: true, why: [], restored: true },
  ...change,
});
const rehearsal = (change: Partial<Rehearsal> = {}): Rehearsal => ({
  ...{ url: 'http://127.0.0.1:8080', service: 'emb', data: { name: 'own <pairs>', pairs: 10 } },
  ...{
    client: { batch: 32, concurrency: 4, timeoutMs: 60_000 },
    at: '2026-11-25T00:00:00Z',
    reference: null,
  },
  quiet: { passes: [pass(82.3123), pass(82.3123)], calls: [call(), call()] },
  faulted: { passes: [pass(82.3123)], calls: [call()] },
  strikes: [strike()],
  ...change,
});

test('a rehearsal passes only when no call failed, the score is the same, and each fault was healed', () => {
  assert.deepEqual(judge(rehearsal(), 1), { digits: 4, passed: true, why: [] });
  const cases: [Partial<Rehearsal>, number, RegExp][] = [
    [
      { faulted: { passes: [pass(null)], calls: [call(), call('HTTP 502')] } },
      1,
      /1 of 2 calls failed \(with faults\)/,
    ],
    [{ faulted: { passes: [pass(82.3125)], calls: [call()] } }, 1, /82\.3125, not 82\.3123/],
    [{ faulted: { passes: [pass(82.3123), pass(80)], calls: [call()] } }, 1, /is 80\.0000/],
    [{ faulted: { passes: [pass(null)], calls: [call()] } }, 1, /a pass has no score/],
    [
      { strikes: [strike({ passed: false, why: ['it stayed down'] })] },
      1,
      /wedge was not healed.*stayed down/,
    ],
    [{}, 2, /1 of 2 faults were done/],
    [
      { quiet: { passes: [pass(null)], calls: [call('ECONNREFUSED')] }, faulted: null },
      1,
      /1 of 1 calls failed \(quiet\)/,
    ],
  ];
  for (const [change, wanted, why] of cases) {
    const verdict = judge(rehearsal(change), wanted);
    assert.equal(verdict.passed, false);
    assert.match(verdict.why.join('; '), why);
  }
  const rough = rehearsal({
    quiet: { passes: [pass(82.31), pass(82.35)], calls: [] },
    faulted: { passes: [pass(82.4)], calls: [call()] },
  });
  assert.deepEqual(judge(rough, 1), { digits: 1, passed: true, why: [] }, 'no finer than it repeats itself');
});

test('the page stands alone, and says nothing that a data file could have put into it', () => {
  const given = rehearsal({ data: { name: '<script>x</script>', pairs: 10 } });
  const page = rehearsalPage(given, judge(given, 1));
  assert.match(page, /0 of 1 calls failed through 1 faults, and the score is the same/);
  assert.doesNotMatch(page, /<script|src=|href=/);
});

test('each fault comes as often as the others, in an order by chance', () => {
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const order = ordered(['crash', 'wedge', 'freeze'], 12, random);
  for (const fault of ['crash', 'wedge', 'freeze']) {
    assert.equal(order.filter((one) => one === fault).length, 4);
  }
  assert.notDeepEqual(order, ordered(['crash', 'wedge', 'freeze'], 12, random));
});
