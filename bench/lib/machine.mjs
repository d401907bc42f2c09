import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

/** A program to its end. @throws with what it said when it fails */
export function run(program, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} failed: ${error?.message ?? stderr}${stdout}`);
  return stdout.trim();
}

/** `2 cores (…), kernel …, Debian …` */
export function machineWords() {
  const system = /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  return `${cpus().length} cores (${cpus()[0].model}), kernel ${release().split('-')[0]}, ${system}`;
}

/** Which commit lies in this checkout. */
export function commitWords(root) {
  return `commit ${run('git', ['describe', '--always', '--dirty=, with changes'], root)}`;
}

/** Ends the bench with what to type where nothing is built. */
export function needBuild(root) {
  if (existsSync(join(root, 'packages', 'ninelives', 'dist', 'src', 'cli', 'main.js'))) return;
  console.error('bench: nothing is built\n  next: npm run build');
  process.exit(3);
}
