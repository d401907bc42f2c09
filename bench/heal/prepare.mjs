import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commitWords, run } from '../lib/machine.mjs';

/**
 * Puts what a run needs into `folder`, a copy each, so that a rebuild meanwhile changes nothing: this bench, monit
 * (Debian's package, unpacked, not installed: no service of it ever starts here), and this tool: the checkout's
 * build, or that of a commit.
 * Returns what was measured, in words.
 */
export function prepare(root, folder, commit) {
  for (const name of ['tool', 'bench']) rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(join(folder, 'tool/packages/ninelives'), { recursive: true });
  cpSync(join(root, 'bench/heal'), join(folder, 'bench'), { recursive: true });
  unpackMonit(join(folder, 'monit'));
  const tool = join(folder, 'tool');
  if (commit) {
    const archive = 'git archive "$1" packages/ninelives tsconfig.base.json | tar -x -C "$2"';
    run('sh', ['-c', archive, 'sh', commit, tool], root);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    run(process.execPath, [tsc, '-p', join(tool, 'packages/ninelives/tsconfig.build.json')], root);
    return `commit ${run('git', ['rev-parse', '--short', commit], root)}`;
  }
  if (!existsSync(join(root, 'packages/ninelives/dist/src/cli/main.js'))) {
    throw new Error('ninelives is not built\n  next: npm run build');
  }
  for (const name of ['bin', 'dist/src', 'package.json', 'schema']) {
    cpSync(join(root, 'packages/ninelives', name), join(tool, 'packages/ninelives', name), {
      recursive: true,
    });
  }
  return commitWords(root);
}

function unpackMonit(folder) {
  if (existsSync(join(folder, 'usr/bin/monit'))) return;
  mkdirSync(folder, { recursive: true });
  run('apt-get', ['download', 'monit'], folder);
  const archive = readdirSync(folder).find((name) => name.startsWith('monit_') && name.endsWith('.deb'));
  run('dpkg-deb', ['-x', archive, '.'], folder);
}

/** Debian's packages that the servers and healers are made of. */
export function ensurePrograms() {
  const wanted = { '/usr/bin/python3': 'python3', '/usr/bin/curl': 'curl' };
  const absent = Object.keys(wanted).filter((path) => !existsSync(path));
  if (absent.length === 0) return;
  run('apt-get', ['install', '-y', '--no-install-recommends', ...absent.map((path) => wanted[path])], '/');
}
