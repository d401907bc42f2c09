import type { TestContext } from 'node:test';
import { BIN } from '../../e2e/box.js';
import { admin } from './admin.js';

/** A second ordinary user: no login, no user manager, nothing that jc has. */
export interface AnotherUser {
  home: string;
  /** Runs a command as that user, with an environment as bare as cron's. @throws when it fails. */
  as(...argv: string[]): Promise<string>;
  ninelives(...argv: string[]): Promise<string>;
  /** The same at a terminal, where somebody types. */
  atTerminal(argv: string[], typed: string): Promise<string>;
}

/** Removed at the test's end, with all that runs as that user. */
export async function anotherUser(t: TestContext, name: string): Promise<AnotherUser> {
  await admin(['useradd', '--create-home', '--shell', '/bin/sh', name]);
  t.after(() => admin(['userdel', '--remove', '--force', name]));
  const home = `/home/${name}`;
  const become = ['setpriv', `--reuid=${name}`, `--regid=${name}`, '--init-groups'];
  const env = ['env', '-i', '-C', '/', `HOME=${home}`, `USER=${name}`, 'PATH=/usr/bin:/bin'];
  const as = (...argv: string[]) => admin([...become, ...env, ...argv]);
  return {
    home,
    as,
    ninelives: (...argv) => as(process.execPath, BIN, ...argv),
    // script(1) gives it a terminal of its own, and its exit status is the command's.
    atTerminal(argv, typed) {
      const command = [process.execPath, BIN, ...argv].join(' ');
      return admin([...become, ...env, 'TERM=xterm', 'script', '-qec', command, '/dev/null'], typed);
    },
  };
}
