// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment look like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configFromFlags, loadConfig } from '../../src/config/load.js';
import { ConfigError } from '../../src/config/source/problem.js';
import { renderTemplate, TEMPLATE_SERVICE } from '../../src/config/template.js';
import { defencesOf } from '../../src/layers/defence.js';
import { findings } from '../../src/layers/findings.js';
import { matrixOf } from '../../src/layers/matrix.js';
import { configFolder, only } from './config-folder.js';

const { parse, write } = configFolder();

test('the template is a config that loads', () => {
  const schema = './ninelives.schema.json';
  const file = write('ninelives.yaml', renderTemplate({ schema, services: [TEMPLATE_SERVICE] }));
  assert.deepEqual(loadConfig(file, {}), configFromFlags({}));
});

test('every commented default in the template is a valid setting, and is the default', () => {
  const services = [TEMPLATE_SERVICE];
  const text = renderTemplate({ schema: 'x', services })
    .split('\n')
    .map((line) => line.replace(/^( *)# (?=(?: *- name:| *[a-z_]+:))/, '$1'))
    .filter((line) => !/_file|golden|secret/.test(line))
    .join('\n');
  const { policy, restart } = only(parse(text).services);
  const defaults = only(configFromFlags({}).services);
  assert.deepEqual({ policy, restart }, { policy: defaults.policy, restart: defaults.restart });
});

test('the layers that it proposes, uncommented, are no two of them one', () => {
  for (const tunnel of ['cloudflared', 'ssh', 'ngrok', 'tailscale', null] as const) {
    const around = { host: 'my box: 1', tunnel };
    const text = renderTemplate({ schema: 'x', services: [TEMPLATE_SERVICE], around })
      .replace(/^ {4}# (?=public:)/m, '    ')
      .replace(/^# (notify|layers):[\s\S]*?\n(?=\n|# watch:)/gm, (block) => block.replace(/^# /gm, ''))
      .replace(/^.*secret_file.*\n/m, '');
    const [defence] = defencesOf(parse(text));
    assert.ok(defence);
    assert.deepEqual(defence.service.domains.host, ['my box: 1']);
    assert.deepEqual(
      defence.layers.map(({ name }) => name),
      ['guard', 'lan', 'off'],
    );
    assert.deepEqual(findings(matrixOf(defence)), [], `${tunnel}`);
  }
});

test('whatever is found, the template brings it back', () => {
  const anything = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
  const source = fc.oneof(
    fc.array(anything, { minLength: 1, maxLength: 4 }).map((argv) => ({ type: 'command' as const, argv })),
    fc.boolean().map((user) => ({ type: 'unit' as const, unit: 'a.service', user })),
  );
  fc.assert(
    fc.property(
      source,
      fc.option(anything),
      fc.constantFrom('chat' as const, 'embeddings' as const),
      (source, model, kind) => {
        const text = renderTemplate({
          schema: 'a b',
          services: [{ name: 'true', source, port: 81, kind, model }],
        });
        const service = only(parse(text).services);
        assert.equal(service.name, 'true');
        assert.equal(service.probe.model, model);
        assert.equal(service.probe.kind, kind);
        if (source.type === 'unit') assert.deepEqual(service.source, source);
        else assert.deepEqual(service.source, { ...source, cwd: null, env: {} });
      },
    ),
  );
});

test('arbitrary text is a config or a ConfigError, never anything else', () => {
  const key = fc.constantFrom(
    'version',
    'services',
    'name',
    'probe',
    'every',
    'deadline',
    'headers',
    'env',
    'embedder',
    '__proto__',
    '<<',
    'notify',
    'json',
  );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.constant('${X}'),
      tie('map'),
      tie('list'),
    ),
    map: fc.dictionary(key, tie('node')),
    list: fc.array(tie('node'), { maxLength: 3 }),
  })).node;
  const yamlish = fc
    .array(
      fc.constantFrom(
        'version: 1',
        '\n',
        '  ',
        '- ',
        'services:',
        '&a ',
        '*a',
        '{',
        '}',
        '[',
        ']',
        ': ',
        '"',
        "'",
        '|',
        '!!int ',
        '? ',
        '---',
        '#',
        '\t',
        'probe:',
        '<<: ',
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join(''));
  const settled = (text: string) => {
    try {
      parse(text);
    } catch (error) {
      assert.ok(error instanceof ConfigError, `${JSON.stringify(text)}: ${error}`);
      assert.ok(error.problems.length > 0);
    }
  };
  fc.assert(fc.property(fc.oneof(fc.string(), yamlish), settled), { numRuns: 300 });
  const service = fc.record({
    version: fc.constant(1),
    services: fc.array(
      fc.record(
        { name: fc.constant('a'), embedder: tree, probe: tree, guard: tree, env: tree },
        { requiredKeys: ['name'] },
      ),
    ),
  });
  fc.assert(
    fc.property(fc.oneof(tree, service), (value) => settled(JSON.stringify(value))),
    { numRuns: 300 },
  );
});
