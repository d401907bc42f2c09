// Packages: decide from a stamp whether node_modules is what this checkout needs, and fetch it if not.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { SetupError, stage } from './say.mjs';

const NPM_FLAGS = [
  '--ignore-scripts',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  // Without a network npm would try for more than a minute before it says so.
  '--fetch-retry-mintimeout=2000',
  '--fetch-retry-maxtimeout=8000',
];

/**
 * Make node_modules right for `dev` (everything) or not (what running needs). A full install serves both, and is
 * never thrown away for the smaller one.
 */
export async function install(root, { dev }) {
  const stampFile = join(root, 'node_modules', '.ninelives-stamp.json');
  const inputs = hashOfInputs(root);
  const stamp = readStamp(stampFile);
  const fits = stamp?.inputs === inputs;
  if (fits && (stamp.dev || !dev)) return;
  // Removed first and written last: an install that was interrupted leaves no stamp, and is done again.
  rmSync(stampFile, { force: true });
  await stage(dev ? 'fetching packages, with those the tests need' : 'fetching packages', async () => {
    // Adding to a good install leaves alone what is there: a service may be running from it.
    const args = fits
      ? ['install', '--no-save', '--include=dev']
      : ['ci', dev ? '--include=dev' : '--omit=dev'];
    await npm(root, [...args, ...NPM_FLAGS]);
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    writeFileSync(stampFile, `${JSON.stringify({ inputs, dev })}\n`);
  });
}

/** Everything that decides what npm would put into node_modules. */
function hashOfInputs(root) {
  const hash = createHash('sha256');
  const machine = [
    process.versions.node.split('.')[0],
    process.versions.modules,
    process.platform,
    process.arch,
  ];
  hash.update(machine.join(' '));
  hash.update(readFileSync(join(root, 'package-lock.json')));
  const workspaces = readdirSync(join(root, 'packages')).sort();
  for (const folder of ['.', ...workspaces.map((name) => join('packages', name))]) {
    const file = join(root, folder, 'package.json');
    if (!existsSync(file)) continue;
    // Scripts and descriptions change nothing that is installed.
    const { name, version, bin, workspaces, overrides, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = rest;
    const lists = [dependencies, devDependencies, optionalDependencies, peerDependencies];
    hash.update(JSON.stringify([folder, name, version, bin, workspaces, overrides, lists]));
  }
  return hash.digest('hex');
}

function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null; // absent or half-written: the install is done again
  }
}

async function npm(root, args) {
  // Set by npm for its scripts; other package managers set it too, and don't read package-lock.json.
  const fromNpm = process.env.npm_execpath;
  const viaNode = fromNpm !== undefined && /npm-cli\.[cm]?js$/.test(fromNpm);
  const [command, first] = viaNode ? [process.execPath, [fromNpm]] : ['npm', []];
  const { code, output } = await run(command, [...first, ...args], { cwd: root, capture: true });
  if (code !== 0) throw explain(root, output);
}

const REASONS = [
  [
    /ENOSPC/,
    'the disk is full',
    'make room (node_modules needs about 600 MB), then run the same command again',
  ],
  [
    /EACCES|EPERM|EROFS/,
    'no permission to write here',
    'own the folder (ls -ld .) or clone to one that you own',
  ],
  [/EUSAGE|can only install packages when/, 'package.json and package-lock.json disagree', 'npm install'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|E50\d/,
    'the npm registry could not be reached',
    'go online (or set a proxy or mirror: npm config ls), then run the same command again',
  ],
  [/EINTEGRITY/, 'a package differs from its checksum', 'npm cache verify, then run the same command again'],
];

function explain(root, output) {
  const found = REASONS.find(([pattern]) => pattern.test(output));
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!) +(?!at )\S/.test(line));
  const said = (lines.length > 0 ? lines : output.trim().split('\n')).slice(0, 6).join('\n    ');
  const [, why, next] = found ?? [null, 'npm ended with an error', 'npm ci'];
  return new SetupError(
    `packages could not be fetched into ${join(root, 'node_modules')}\n    ${said}`,
    why,
    next,
  );
}
