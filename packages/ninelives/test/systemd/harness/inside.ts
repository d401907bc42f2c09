import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProcessId } from '../../../src/core/types.js';
import { isAlive } from '../../../src/host/procfs/processes.js';

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Added to the environment. */
  env?: { [name: string]: string };
  input?: string;
  timeoutMs?: number;
}

/** Hands and eyes inside the container. */
export interface Inside {
  asRoot(command: string[], options?: RunOptions): Promise<Ran>;
  /** As the ordinary user, with a cron job's bare environment; his user manager is reached as from a login. */
  asUser(command: string[], options?: RunOptions): Promise<Ran>;
  /** Writes a file, owned by root, or by jc when it is under his home. */
  write(path: string, text: string): void;
  read(path: string): string;
}

const PATH = '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const RUN_LIMIT_MS = 120_000;
const HOME = '/home/jc';

/** `leaderOf`: PID 1 of the container as seen from outside; `root`: its root folder there. */
export function createInside(leaderOf: () => ProcessId, root: string): Inside {
  const enter = (argv: string[], env: { [name: string]: string }, options: RunOptions) => {
    const leader = leaderOf();
    if (!isAlive(leader)) throw new Error('the box is down');
    const variables = Object.entries({ ...env, ...options.env }).map(([name, value]) => `${name}=${value}`);
    const [first = [], second = argv] = argv[0] === 'setpriv' ? [argv.slice(0, 4), argv.slice(4)] : [];
    const nsenter = [
      '-t',
      String(leader.pid),
      '-a',
      ...first,
      'env',
      '-i',
      '-C',
      '/',
      ...variables,
      ...second,
    ];
    return run('nsenter', nsenter, options);
  };
  let uid: string | null = null;
  const uidOf = () => {
    uid ??= /^jc:[^:]*:(\d+):/m.exec(readFileSync(join(root, 'etc/passwd'), 'utf8'))?.[1] ?? null;
    if (uid === null) throw new Error('there is no user jc in the box');
    return uid;
  };
  return {
    asRoot: (command, options = {}) => enter(command, { PATH, HOME: '/root', LC_ALL: 'C' }, options),
    asUser(command, options = {}) {
      const env = { PATH, HOME, LC_ALL: 'C', USER: 'jc', XDG_RUNTIME_DIR: `/run/user/${uidOf()}` };
      return enter(['setpriv', '--reuid=jc', '--regid=jc', '--init-groups', ...command], env, options);
    },
    write(path, text) {
      const file = join(root, path);
      const owner = path.startsWith(`${HOME}/`) ? statSync(join(root, HOME)) : null;
      for (const folder of missingFolders(file)) {
        mkdirSync(folder);
        if (owner) chownSync(folder, owner.uid, owner.gid);
      }
      writeFileSync(file, text);
      if (owner) chownSync(file, owner.uid, owner.gid);
    },
    read: (path) => readFileSync(join(root, path), 'utf8'),
  };
}

function missingFolders(file: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(file); !statSync(folder, { throwIfNoEntry: false }); folder = dirname(folder)) {
    folders.unshift(folder);
  }
  return folders;
}

function run(program: string, args: string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: 'pipe',
      timeout: options.timeoutMs ?? RUN_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
