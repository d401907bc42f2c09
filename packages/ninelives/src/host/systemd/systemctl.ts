import { execFile } from 'node:child_process';
import { PROPERTIES } from './unit.js';

/** Whose systemd: the system's, or the one of the user that we run as. */
export interface Manager {
  user: boolean;
}

const LIMIT_MS = 2_000;
/** Where Debian, Fedora, Arch and NixOS keep systemd's programs. */
const PATH = '/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin';

/**
 * `foo` and `foo.service` are the same unit to systemctl(1); a name that is none is refused, so that nothing of it
 * can be taken for an option.
 * @throws when the name can't be a unit's (systemd.unit(5): letters, digits, `:-_.\` and `@`).
 */
export function unitName(name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9:_.\\@-]{0,254}$/.test(name)) {
    throw new Error(
      `${JSON.stringify(name)} is not a unit's name; list yours: systemctl list-units --type=service`,
    );
  }
  return name.endsWith('.service') ? name : `${name}.service`;
}

/** `systemctl show`, about 10 ms; or the reason why there was no answer within 2 s. Never throws. */
export function showUnit(
  unit: string,
  manager: Manager,
  properties: readonly string[] = PROPERTIES,
): Promise<{ text: string } | { unknown: string }> {
  const command = ['show', unit, `--property=${properties.join(',')}`];
  return runTool('systemctl', manager.user ? ['--user', ...command] : command);
}

/**
 * Runs one of systemd's programs, bounded in time even when its process can't be killed (state D). The environment
 * is bare, as under cron; the user's manager is found by its well-known folder.
 */
export function runTool(program: string, args: string[]): Promise<{ text: string } | { unknown: string }> {
  const env = { PATH, LC_ALL: 'C', SYSTEMD_COLORS: '0', XDG_RUNTIME_DIR: `/run/user/${process.getuid?.()}` };
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      resolve({ unknown: `${program} ${args[0]}: no answer within ${LIMIT_MS} ms` });
    }, LIMIT_MS);
    const child = execFile(program, args, { env, maxBuffer: 4 * 1024 * 1024 }, (error, stdout, stderr) => {
      clearTimeout(late);
      if (!error) return resolve({ text: stdout });
      const said = stderr.trim().split('\n').at(-1) || error.message;
      resolve({ unknown: `${program} ${args[0]}: ${said}` });
    });
    child.stdin?.end();
  });
}
