// The six commands, each a straight line: set-up, build, then what it is for.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { become, run } from './child.mjs';
import { install } from './install.mjs';
import { SetupError } from './say.mjs';
import { runSuite } from './suite.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const cli = join(root, 'packages', 'ninelives', 'bin', 'ninelives.js');
const embedder = join(root, 'packages', 'embedder', 'bin', 'ninelives-embedder.js');
const simulation = join(root, 'packages', 'ninelives', 'dist', 'test', 'sim', 'main.js');

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
  if (errors)
    throw new SetupError(
      errors,
      'it does not compile',
      'git status; undo what was not meant, or git pull, then run the same command again',
    );
}

/** Packages and dist/, made right for the command. Returns what the compiler complained about. */
async function setUp({ dev }) {
  const release = takeLock(join(root, '.setup.lock'));
  try {
    await install(root, { dev });
    return await build(root, { tests: dev });
  } finally {
    release();
  }
}

/** Two set-ups in one folder would take each other's node_modules apart. */
function takeLock(file) {
  for (;;) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new SetupError(`cannot write into ${root}`, error.message, 'clone to a folder that you own');
      }
    }
    const owner = Number(readFileSync(file, 'utf8'));
    if (owner > 0 && isAlive(owner)) {
      const next = `wait until it is done (or remove that file, if process ${owner} is something else)`;
      throw new SetupError(`another set-up is running in ${root}`, `process ${owner} holds ${file}`, next);
    }
    rmSync(file, { force: true }); // its owner is gone
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Before `up`, so that the download has its progress on the screen; only for the built-in service. */
async function fetchModel(args) {
  if (args.some((arg) => ['--', '--unit', '--config', '--help', '-h'].includes(arg.split('=')[0]))) return;
  if (!existsSync(embedder)) {
    console.log('ninelives: @ninelives/embedder is not in this checkout, so no model is fetched');
    return;
  }
  const { code } = await run(process.execPath, [embedder, '--fetch-only']);
  if (code !== 0) process.exit(code);
}
