import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseCli } from '../src/cli.js';
import { defaultConfig } from '../src/config/config.js';
import { parseConfig, readConfigFile } from '../src/config/config-file.js';
import { EmbedderError } from '../src/errors.js';
import { createLog } from '../src/log.js';
import { readModelReference } from '../src/model/catalogue.js';
import { describeProgress } from '../src/model/progress.js';

const EXAMPLE = fileURLToPath(new URL('../../config.example.yaml', import.meta.url));

function faultsOf(text: string): string {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    assert.ok(error instanceof EmbedderError);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  return assert.fail('it was accepted');
}

test('the example config is the defaults, as it says', () => {
  assert.deepEqual(readConfigFile(EXAMPLE), defaultConfig());
  assert.deepEqual(parseConfig('', 'x.yaml'), defaultConfig());
});

test('a part of a section leaves the rest of it at its default', () => {
  const config = parseConfig('limits: {max_inputs: 7}\nprompts: {STS12: "query: "}', 'x.yaml');
  assert.deepEqual(config.limits, { ...defaultConfig().limits, max_inputs: 7 });
  assert.deepEqual(config.prompts, { STS12: 'query: ' });
});

test('unknown keys are refused with file, line and a suggestion', () => {
  const faults = faultsOf('modle: x\nlimits:\n  max_inputs: 3\n  max_input: 3\nwombat: 1\n');
  assert.match(faults, /x\.yaml:1: unknown key 'modle'; did you mean 'model'\?/);
  assert.match(faults, /x\.yaml:4: unknown key 'limits\.max_input'; did you mean 'max_inputs'\?/);
  assert.match(faults, /x\.yaml:5: unknown key 'wombat'; known here: model, /);
});

test('bad values are refused with file and line', () => {
  assert.match(faultsOf('limits:\n  max_queue: -1'), /x\.yaml:2: 'limits\.max_queue': /);
  assert.match(faultsOf('engine:\n\n  threads: many'), /x\.yaml:3: 'engine\.threads': /);
  assert.match(faultsOf('prompts:\n  a: b\n  c: 3'), /x\.yaml:3: 'prompts\.c': /);
  assert.match(faultsOf('model: a\nmodel: b'), /x\.yaml:2: .*unique/);
  assert.match(faultsOf('- model'), /x\.yaml: .*object/);
});

test('the command line has the documented defaults and refuses what it does not know', () => {
  const cli = parseCli([]);
  assert.deepEqual([cli.host, cli.port, cli.fetchOnly, cli.model], ['127.0.0.1', 8088, false, undefined]);
  for (const args of [['--port', '65536'], ['--port', '-1'], ['--nonsense'], ['positional']]) {
    assert.throws(() => parseCli(args), { code: 'USAGE' });
  }
});

test('a model is a known name, a folder or a hub id', () => {
  const kinds = ['all-minilm', './x', '/x', '~/x', '..', 'acme/model', 'word', 'a/b/c', '-a/b'].map(
    (text) => readModelReference(text)?.kind,
  );
  const folder = 'folder';
  assert.deepEqual(kinds, ['known', folder, folder, folder, folder, 'hub', undefined, undefined, undefined]);
});

test('log lines and progress read well', () => {
  const lines: string[] = [];
  const options = { write: (line: string) => lines.push(line), now: () => new Date(0) };
  createLog({ ...options, json: false })('stopped', { signal: 'SIGTERM', why: 'two words', none: undefined });
  createLog({ ...options, json: true })('stopped', { signal: 'SIGTERM' });
  assert.deepEqual(lines, [
    '1970-01-01T00:00:00.000Z stopped signal=SIGTERM why="two words"\n',
    '{"time":"1970-01-01T00:00:00.000Z","event":"stopped","signal":"SIGTERM"}\n',
  ]);
  const half = describeProgress({ source: 'hub', bytes: 27_000_000, totalBytes: 54_000_000 });
  assert.equal(half, 'downloading from the hub, 27.0 of 54.0 MB (50 %)');
});
