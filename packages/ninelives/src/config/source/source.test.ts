// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment look like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, suggest } from './suggest.js';
import { splitWords } from './words.js';
import { expand } from './yaml.js';

test('a slip of the fingers is recognised, another word is not', () => {
  const known = ['every', 'deadline', 'failure_threshold', 'kills', 'url', 'unit'];
  assert.equal(suggest('evrey', known), 'every');
  assert.equal(suggest('failure-treshold', known), 'failure_threshold');
  assert.equal(suggest('Deadline', known), 'deadline');
  assert.equal(suggest('ulr', known), 'url');
  assert.equal(suggest('colour', known), null);
  assert.equal(suggest('', known), null);
});

test('the edit distance is a distance', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance, editDistance(b, a));
      assert.equal(distance === 0, a === b);
      assert.ok(distance >= Math.abs(a.length - b.length) && distance <= Math.max(a.length, b.length));
    }),
  );
});

test('words are split as a shell would, and what needs a shell is refused', () => {
  const table: [string, string[] | RegExp][] = [
    ['python  serve.py', ['python', 'serve.py']],
    [`a 'b c' "d \\"e\\" $f" g\\ h`, ['a', 'b c', 'd "e" $f', 'g h']],
    [`a ''`, ['a', '']],
    [`--x='1 2'`, ['--x=1 2']],
    ['a | b', /needs a shell/],
    ['a && b', /needs a shell/],
    ['X=$HOME a', /needs a shell/],
    [`a 'b`, /never closed/],
    ['  ', /empty/],
    [`'' a`, /empty/],
  ];
  for (const [line, expected] of table) {
    const result = splitWords(line);
    if (expected instanceof RegExp)
      assert.match('problem' in result ? result.problem : 'none', expected, line);
    else assert.deepEqual(result, { argv: expected }, line);
  }
});

test('any words survive quoting and splitting', () => {
  const quoted = (word: string) => `'${word.replaceAll("'", `'"'"'`)}'`;
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.array(fc.string()), (first, rest) => {
      const argv = [first, ...rest];
      assert.deepEqual(splitWords(argv.map(quoted).join(' ')), { argv });
    }),
  );
});

test('references come from the environment; $$ is a dollar sign', () => {
  const env = { TOKEN: 'secret', EMPTY: '' };
  assert.deepEqual(expand('Bearer ${TOKEN}', env), { value: 'Bearer secret', problem: null });
  assert.deepEqual(expand('$$ $${TOKEN} $HOME ${EMPTY}', env), { value: '$ ${TOKEN} $HOME ', problem: null });
  assert.match(expand('${NOPE}', env).problem ?? '', /no NOPE/);
  assert.match(expand('${constructor}', env).problem ?? '', /no constructor/);
  assert.match(expand('${TOKEN', env).problem ?? '', /not a reference/);
  assert.match(expand('${a b}', env).problem ?? '', /not a reference/);
  fc.assert(fc.property(fc.string(), (text) => expand(text.replaceAll('$', '$$$$'), {}).value === text));
});
