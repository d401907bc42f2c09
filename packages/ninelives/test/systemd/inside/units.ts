import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { createSystemdSupervisor, type SystemdSupervisor } from '../../../src/host/systemd/supervisor.js';
import { fixture } from '../../fixtures/host-world.js';
import { admin } from './admin.js';

/** Units for tests that run inside the box, as jc: installed by the admin, or in jc's own manager. */
const NAMES = Array.from({ length: 60 }, (_, index) => `test-${process.pid}-${index}.service`);
/** Units that nothing refers to are forgotten when they stop. Real ones are enabled; these are held by a target. */
const HOLDER = `[Unit]\nWants=${NAMES.join(' ')}\n`;
/** One a test file, since some run side by side. */
const TARGET = `held-${process.pid}.target`;
const MANAGER_LIMIT_MS = 60_000;
const USER_UNITS = join(homedir(), '.config/systemd/user');

export interface UnitOptions {
  /** From `takeName`; a new one when left out. */
  name?: string;
  user?: boolean;
  port: number | null;
  /** Lines for [Unit] and [Service], beside `User=jc` and a default command: the fixture server with these flags. */
  unit?: string[];
  service?: string[];
  flags?: string[];
  /** What runs the fixture server; default: this node. */
  program?: string;
  /** Runs as this user; default jc. */
  as?: string;
}

/** Before the first unit: the targets that hold them. */
export async function prepareUnits(): Promise<void> {
  await admin(['tee', `/etc/systemd/system/${TARGET}`], HOLDER);
  await admin(['systemctl', 'daemon-reload']);
  await admin(['systemctl', 'start', TARGET]);
  mkdirSync(USER_UNITS, { recursive: true });
  writeFileSync(join(USER_UNITS, TARGET), HOLDER);
  await systemctlUser('daemon-reload');
  await systemctlUser('start', TARGET);
}

/** jc's own manager, with more patience than the product has: several files ask it at once. @throws when it refuses. */
export async function systemctlUser(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('systemctl', ['--user', ...args], {
    timeout: MANAGER_LIMIT_MS,
  });
  return stdout;
}

/** A unit's name that is free. */
export function takeName(): string {
  const unit = NAMES.pop();
  if (!unit) throw new Error('no unit names are left');
  return unit;
}

/** Installs and starts a unit; ended at the test's end. */
export async function startUnit(
  t: TestContext,
  options: UnitOptions,
): Promise<{ unit: string; supervisor: SystemdSupervisor }> {
  const { user = false, port, name: unit = takeName() } = options;
  await startUnitFrom(t, { unit, user, text: unitText(options) });
  return { unit, supervisor: createSystemdSupervisor({ unit, user, port }) };
}

/** The same for a unit file that is there already. */
export async function startUnitFrom(
  t: TestContext,
  { unit, user, text }: { unit: string; user: boolean; text: string },
): Promise<void> {
  if (user) {
    writeFileSync(join(USER_UNITS, unit), text);
    await systemctlUser('start', unit);
    t.after(async () => {
      await systemctlUser('stop', '--no-block', unit);
      await systemctlUser('kill', '--signal=SIGKILL', unit).catch(() => {}); // nothing was left
    });
  } else {
    await admin(['tee', `/etc/systemd/system/${unit}`], text);
    await admin(['systemctl', 'start', unit]);
    t.after(async () => {
      await admin(['systemctl', 'stop', '--no-block', unit]);
      await admin(['systemctl', 'kill', '--signal=SIGKILL', unit]).catch(() => {}); // nothing was left
    });
  }
}

function unitText(options: UnitOptions): string {
  const { user, port, unit = [], service = [], flags = [], as = 'jc', program = process.execPath } = options;
  const where = port === null ? [] : ['--port', String(port)];
  const command = ['ExecStart=', [program, fixture('server.mjs'), ...where, ...flags].join(' ')].join('');
  const own = service.some((line) => line.startsWith('ExecStart=')) ? [] : [command];
  return ['[Unit]', ...unit, '[Service]', ...(user ? [] : [`User=${as}`]), ...own, ...service, ''].join('\n');
}
