// The six commands, each a straight line: set-up, build, then what it is for.

import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { become, run } from './child.mjs';
import { install } from './install.mjs';
import { SetupError, stage } from './say.mjs';
import { runSuite } from './suite.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const cli = join(root, 'packages', 'ninelives', 'bin', 'ninelives.js');
const embedder = join(root, 'packages', 'embedder', 'bin', 'ninelives-embedder.js');
const simulation = join(root, 'packages', 'ninelives', 'dist', 'test', 'sim', 'main.js');

const SETUP_LIMIT_MS = 10 * 60_000;

const COMMANDS = {
  async start(args) {
    await prepare({ dev: false });
    await fetchModel(args);
    await become(cli, ['up', ...args]);
  },
  async demo(args) {
    await prepare({ dev: false });
    await fetchModel(args);
    await become(cli, ['demo', ...args]);
  },
  async build() {
    await prepare({ dev: false });
  },
  async sim(args) {
    await prepare({ dev: true });
    await become(simulation, args);
  },
  async test(args) {
    process.exitCode = await runSuite(root, { quick: false, args, setUp: () => setUp({ dev: true }) });
  },
  async check(args) {
    process.exitCode = await runSuite(root, { quick: true, args, setUp: () => setUp({ dev: true }) });
  },
};

export async function runCommand(name, args) {
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : null;
  if (!command) {
    console.error(`usage: npm run ${Object.keys(COMMANDS).join(' | ')}`);
    process.exit(2);
  }
  try {
    await command(args);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\nninelives: ${error.message}`);
    process.exit(3);
  }
}

async function prepare({ dev }) {
  const errors = await setUp({ dev });
  const next = 'git status: undo what was not meant, or git pull; then run the same command again';
  if (errors) throw new SetupError(errors, 'it does not compile', next);
}

/** Packages and dist/, made right for the command. Returns what the compiler complained about. */
async function setUp({ dev }) {
  const release = await takeLock(join(root, '.setup.lock'));
  try {
    await install(root, { dev });
    return await build(root, { tests: dev });
  } finally {
    release();
  }
}

/** Two set-ups in one folder would take each other's node_modules apart, so the second waits for the first. */
async function takeLock(file) {
  for (let waited = false; ; waited = true) {
    if (claim(file)) return () => rmSync(file, { force: true });
    const owner = ownerOf(file);
    if (!isAlive(owner)) {
      rmSync(file, { force: true });
    } else if (waited) {
      const why = `process ${owner} has held ${file} for long`;
      throw new SetupError(
        'another set-up does not end',
        why,
        'look at it, or remove that file if it is something else',
      );
    } else {
      await stage(`waiting for the set-up of process ${owner}`, () => gone(file, owner));
    }
  }
}

/** Linked into place with its content, so that nobody sees a lock without its owner. */
function claim(file) {
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, `${process.pid}\n`);
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new SetupError(`cannot write into ${root}`, error.message, 'clone to a folder that you own');
  } finally {
    rmSync(own, { force: true });
  }
}

async function gone(file, owner) {
  const until = performance.now() + SETUP_LIMIT_MS;
  while (performance.now() < until && ownerOf(file) === owner && isAlive(owner)) await sleep(250);
}

/** Pid in the lock; 0 when there is none. */
function ownerOf(file) {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
}

function isAlive(pid) {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * Before `up`, so that the download has its progress on the screen; only for the built-in service, named by flags. One
 * that a config names is fetched by itself, and may be a folder.
 */
async function fetchModel(args) {
  const flags = args.map((arg) => arg.split('=')[0]);
  if (flags.some((flag) => ['--', '--unit', '--config', '--help', '-h'].includes(flag))) return;
  const named = flags.some((flag) => ['--name', '--port', '--url', '--kind', '--model'].includes(flag));
  if (!named && existsSync('ninelives.yaml')) return;
  if (!existsSync(embedder)) {
    console.log('ninelives: @ninelives/embedder is not in this checkout, so no model is fetched');
    return;
  }
  const at = flags.indexOf('--model');
  const model = at < 0 ? [] : [args[at], ...(args[at] === '--model' ? args.slice(at + 1, at + 2) : [])];
  const { code } = await run(process.execPath, [embedder, '--fetch-only', ...model]);
  if (code !== 0) process.exit(code);
}
