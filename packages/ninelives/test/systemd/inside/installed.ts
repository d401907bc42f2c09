import { existsSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Box } from '../../e2e/box.js';
import { systemctlUser } from './units.js';

/** jc's own units, and those that `install` puts there for a service `svc`. */
export const UNIT_DIR = join(homedir(), '.config/systemd/user');
export const GUARD = 'ninelives-guard.service';
export const SOCKET = 'ninelives-gateway-svc.socket';
export const GATEWAY = 'ninelives-gateway-svc.service';

/**
 * Ends the box at the test's end, and before that what was installed from it: `uninstall` finds in the state folder
 * what to take back. One installation an account: what a failed test left would fail each test after it.
 */
export function closeInstalled(t: TestContext, box: Box): void {
  t.after(async () => {
    await box.run('uninstall', '--state', box.stateDir);
    const left = [GUARD, SOCKET, GATEWAY].filter((unit) => existsSync(join(UNIT_DIR, unit)));
    for (const unit of left) {
      await systemctlUser('disable', '--now', unit).catch(() => {});
      rmSync(join(UNIT_DIR, unit), { force: true });
    }
    if (left.length > 0) await systemctlUser('daemon-reload');
    await box.close();
  });
}
