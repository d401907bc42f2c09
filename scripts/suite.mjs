// `npm test` and `npm run check`: the stages, what each took, and node:test's own counts as the last lines.

import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { packagesOf, tsc } from './build.mjs';
import { run } from './child.mjs';
import { sortByNeeds } from './needs.mjs';
import { SetupError, seconds } from './say.mjs';

/**
 * Longest time for one test, so that a hung one ends as a failure with its name. Node 20 takes it for the limit of a
 * whole file as well, and the longest file of real processes (a systemd is booted once for all) needs minutes.
 */
const TEST_LIMIT_MS = 15 * 60_000;
/** Real-process tests start many processes each; two files at a time wait for a core on a machine with two. */
const REAL_PROCESS_FILES_AT_ONCE = 1;
const SIMULATION = ['--runs', '200', '--hours', '6'];
const OTHER_NODES = [22, 24];
/** `up` serves the real model, a frozen engine is killed and revived: what must work on every Node. */
const MAIN_JOB = { file: 'packages/ninelives/test/e2e/heal.test.ts', name: 'heals a frozen engine' };

/**
 * Run the stages in order; a failed one does not hide the next. `args` without a dash select test files by a part
 * of their path, and then nothing else runs; those with a dash go to `node --test`.
 */
export async function runSuite(root, { quick, args, setUp }) {
  const suite = { root, totals: new Map(), rows: [], flags: args.filter((arg) => arg.startsWith('-')) };
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  await timed(suite, 'set-up and build', async () => {
    const errors = await setUp();
    if (errors) console.log(errors);
    return errors === '';
  });
  const files = await select(root, wanted);
  if (wanted.length === 0) await style(suite);
  await tests(suite, 'house rules', files.house, availableParallelism());
  await tests(suite, 'unit tests', files.unit, availableParallelism());
  if (wanted.length === 0 && !quick) await simulate(suite);
  if (!quick) await model(suite, files.real);
  if (wanted.length === 0 && process.env.CI && !quick) await otherNodes(suite, files.unit);
  if (!quick) await tests(suite, 'real processes', files.real, REAL_PROCESS_FILES_AT_ONCE);
  return close(suite, wanted);
}

/** Compiled test files by kind, those that can run here. */
async function select(root, wanted) {
  const all = packagesOf(root).flatMap((name) => testFiles(root, join('packages', name, 'dist')));
  const matching = all.filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
  const { canRun, skipped } = await sortByNeeds(matching);
  for (const line of skipped) console.log(`ninelives: ${line}`);
  if (skipped.length > 0 && process.env.CI)
    throw new SetupError('under CI nothing may be skipped', skipped[0]);
  if (canRun.length === 0)
    throw new SetupError('no test to run', `no test file matches "${wanted.join(' ')}"`, 'npm test');
  const house = canRun.filter((file) => file.includes('/test/house/'));
  const unit = canRun.filter((file) => /^packages\/\w+\/src\//.test(file));
  return { house, unit, real: canRun.filter((file) => !house.includes(file) && !unit.includes(file)) };
}

/** Test files under one dist/, by the path of their source. */
function testFiles(root, dist) {
  if (!existsSync(join(root, dist))) return [];
  const entries = readdirSync(join(root, dist), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .map((file) => file.replace('/dist/', '/').replace(/\.js$/, '.ts'))
    .sort();
}

const compiled = (file) => file.replace(/^(packages\/\w+)\//, '$1/dist/').replace(/\.ts$/, '.js');

async function style(suite) {
  const { root } = suite;
  await timed(suite, 'format and lint', async () => {
    const biome = join(root, 'node_modules', '.bin', 'biome');
    const { code } = await run(biome, ['check', '--error-on-warnings', '.'], { cwd: root });
    if (code !== 0) console.log('  next: npm run format   (mends what can be mended)');
    return code === 0;
  });
  const web = packagesOf(root).map((name) => join(root, 'packages', name, 'tsconfig.web.json'));
  for (const file of web.filter((file) => existsSync(file))) {
    await timed(suite, 'types without Node', async () => {
      const { code, output } = await tsc(root, ['-p', file, '--noEmit']);
      process.stdout.write(output);
      return code === 0;
    });
  }
}

async function tests(suite, title, files, atOnce, node = process.execPath) {
  if (files.length === 0) return;
  await timed(suite, title, async () => {
    const reporter = join(suite.root, 'scripts', 'reporter.mjs');
    const flags = [
      '--enable-source-maps',
      ...limited(suite.root),
      '--test',
      `--test-concurrency=${atOnce}`,
      `--test-reporter=${reporter}`,
      '--test-reporter-destination=stdout',
      ...suite.flags,
    ];
    const onLine = (line) => {
      const [, name, count] = /^# (\w+) ([\d.]+)$/.exec(line) ?? [];
      if (name === undefined) console.log(line);
      else suite.totals.set(name, (suite.totals.get(name) ?? 0) + Number(count));
    };
    const { code } = await run(node, [...flags, ...files.map(compiled)], { cwd: suite.root, onLine });
    return code === 0;
  });
}

/** Whatever hangs ends as a failure that says what it was. */
const limited = (root) => [
  `--test-timeout=${TEST_LIMIT_MS}`,
  `--import=${join(root, 'scripts', 'leftover.mjs')}`,
];

/** The same compiled tests, and the main job, on the other Nodes we promise; all native parts are N-API, so one install serves. */
async function otherNodes(suite, files) {
  for (const major of OTHER_NODES) {
    const spec = `node-${process.platform}-${process.arch}@${major}`;
    await timed(suite, `unit tests, up on Node ${major}`, async () => {
      const fetched = ['exec', '--yes', `--package=${spec}`, '--', 'node', '-p', 'process.execPath'];
      const { code, output } = await run('npm', fetched, { cwd: suite.root, capture: true });
      const node = output.trim().split('\n').at(-1);
      if (code !== 0 || !existsSync(node)) {
        console.log(`  ${spec} could not be fetched: ${output.trim()}`);
        return false;
      }
      const on = (...which) =>
        run(node, ['--test', ...limited(suite.root), ...which], { cwd: suite.root, capture: true });
      const unit = await on(...files.map(compiled));
      if (unit.code !== 0) console.log(unit.output);
      const job = await on(`--test-name-pattern=${MAIN_JOB.name}`, compiled(MAIN_JOB.file));
      // A pattern that no test bears any more would pass too.
      const passed = job.code === 0 && job.output.includes(MAIN_JOB.name);
      if (!passed) console.log(job.output);
      return unit.code === 0 && passed;
    });
  }
}

/** Once and with its progress on the screen, not in the time limit of the first test that wants it. */
async function model(suite, files) {
  const embedder = join(suite.root, 'packages', 'embedder', 'bin', 'ninelives-embedder.js');
  if (!existsSync(embedder) || !files.some((file) => /\/(embedder|e2e)\b/.test(file))) return;
  await timed(suite, 'model', async () => {
    const { code } = await run(process.execPath, [embedder, '--fetch-only'], { cwd: suite.root });
    return code === 0;
  });
}

async function simulate(suite) {
  const main = join(suite.root, 'packages', 'ninelives', 'dist', 'test', 'sim', 'main.js');
  await timed(suite, 'simulation', async () => {
    const { code } = await run(process.execPath, ['--enable-source-maps', main, ...SIMULATION], {
      cwd: suite.root,
    });
    return code === 0;
  });
}

async function timed(suite, title, work) {
  console.log(`\n${title}`);
  const startedAt = performance.now();
  const passed = await work();
  suite.rows.push({ title, passed, ms: performance.now() - startedAt });
}

function close({ rows, totals }, wanted) {
  const passed =
    rows.every((row) => row.passed) && (totals.get('fail') ?? 0) === 0 && (totals.get('tests') ?? 0) > 0;
  console.log(`\nstages${wanted.length > 0 ? ` (only ${wanted.join(', ')})` : ''}`);
  for (const { title, passed: ok, ms } of rows)
    console.log(`  ${ok ? 'ok  ' : 'FAIL'} ${title.padEnd(24)} ${seconds(ms)}`);
  console.log(
    `  ${passed ? 'ok  ' : 'FAIL'} ${'all'.padEnd(24)} ${seconds(rows.reduce((sum, { ms }) => sum + ms, 0))}\n`,
  );
  for (const name of ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms']) {
    console.log(`# ${name} ${totals.get(name) ?? 0}`);
  }
  return passed ? 0 : 1;
}
