import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createSystemdSupervisor } from '../../../src/host/systemd/supervisor.js';
import { runTool } from '../../../src/host/systemd/systemctl.js';
import { type Subject, type SubjectOptions, supervisorContract } from '../../contract/supervisor.js';
import { fixture, freePort } from '../../fixtures/host-world.js';
import { admin } from './admin.js';

// Runs inside the box, as jc, who is no admin.
const NAMES = Array.from({ length: 40 }, (_, index) => `contract-${index}.service`);
/** Units that nothing refers to are forgotten when they stop. Real ones are enabled; these are held by a target. */
const HOLDER = `[Unit]\nWants=${NAMES.join(' ')}\n`;
const USER_UNITS = join(homedir(), '.config/systemd/user');

function unitText(port: number, options: SubjectOptions, user: boolean): string {
  const { flags = [], startLimitBurst = 5, stopTimeoutMs = 5_000 } = options;
  return [
    '[Unit]',
    `StartLimitBurst=${startLimitBurst}`,
    '[Service]',
    ...(user ? [] : ['User=jc']),
    `ExecStart=${[process.execPath, fixture('server.mjs'), '--port', port, ...flags].join(' ')}`,
    'Restart=on-failure',
    'RestartSec=300ms',
    `TimeoutStopSec=${stopTimeoutMs}ms`,
    '',
  ].join('\n');
}

async function systemUnit(t: TestContext, options: SubjectOptions): Promise<Subject> {
  const port = await freePort();
  const unit = NAMES.pop() as string;
  await admin(['tee', `/etc/systemd/system/${unit}`], unitText(port, options, false));
  await admin(['systemctl', 'start', unit]);
  t.after(() => admin(['systemctl', 'kill', '--signal=SIGKILL', unit]).catch(() => {}));
  return { supervisor: createSystemdSupervisor({ unit, user: false, port }), port };
}

async function userUnit(t: TestContext, options: SubjectOptions): Promise<Subject> {
  const port = await freePort();
  const unit = NAMES.pop() as string;
  writeFileSync(join(USER_UNITS, unit), unitText(port, options, true));
  const started = await runTool('systemctl', ['--user', 'start', unit]);
  if ('unknown' in started) throw new Error(started.unknown);
  t.after(() => runTool('systemctl', ['--user', 'kill', '--signal=SIGKILL', unit]));
  return { supervisor: createSystemdSupervisor({ unit, user: true, port }), port };
}

await admin(['tee', '/etc/systemd/system/contract.target'], HOLDER);
await admin(['systemctl', 'start', 'contract.target']);
mkdirSync(USER_UNITS, { recursive: true });
writeFileSync(join(USER_UNITS, 'contract.target'), HOLDER);
await runTool('systemctl', ['--user', 'start', 'contract.target']);
supervisorContract('systemd', systemUnit);
supervisorContract("the user's systemd", userUnit);
