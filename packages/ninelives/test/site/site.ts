import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watchStateOf } from '../../src/watch/kept.js';
import { DEFAULT_WATCH_POLICY } from '../../src/watch/policy.js';
import { eventually } from '../fixtures/host-world.js';
import { type Box, bootBox, CHECKOUT, NODE } from '../systemd/harness/box.js';
import { restless, statesIn } from './calm.js';
import {
  BEATS,
  CONFIG,
  FAR_SECRETS,
  OFF_GRACE_MS,
  UUID,
  unitsOf,
  WORKER_PORT,
  WORKER_URL,
} from './config.js';
import { type Running, startIn } from './machine.js';
import { type Arrived, arrivedAt } from './pages.js';
import { ADDRESS, layWires, type Wires } from './wires.js';

const BIN = fileURLToPath(new URL('../../../bin/ninelives.js', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('./programs/', import.meta.url));
const CALM_LIMIT_MS = 240_000;

/** Everything that can be started and killed beside the box. */
export type Part = 'sshd' | 'ntfy' | 'push' | 'outside' | 'worker' | 'scheduler' | 'watch';

/** Four machines, each with its real processes; what they are cut by is in cuts.ts. */
export interface Site {
  folder: string;
  box: Box;
  wires: Wires;
  start(part: Part): void;
  kill(part: Part): Promise<void>;
  /** A command as root on the box. */
  onBox(...command: string[]): Promise<void>;
  /** The box's, with its cable. */
  powerOff(): void;
  powerOn(): Promise<void>;
  /** What `ninelives layers --json` says with this config. */
  layers(): unknown;
  arrived(): Arrived[];
  /** Has that layer it on record, told or not? */
  hasSeen(layer: string, about: 'loss' | 'silence' | 'blind'): boolean;
  /** Every layer sees all serving, hears whom it should, and has no page that waits. */
  untilCalm(longerMs?: number): Promise<void>;
  /** Clients reach the service from outside. */
  untilServed(): Promise<void>;
  close(): Promise<void>;
}

/** Boots everything, and waits until it is calm. About ten seconds; always closed again, also when it fails. */
export async function openSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-site-'));
  const wires = layWires();
  const running = new Map<Part, Running>();
  let box: Box | null = null;
  const close = async () => {
    for (const part of running.values()) await part.kill();
    box?.down();
    wires.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', () => {
    for (const part of running.values()) part.end();
    wires.remove();
  });
  try {
    prepare(folder);
    box = await bootBox();
    const site = createSite(folder, wires, running, box, close);
    wires.plugIn(box.leader().pid);
    for (const part of ['ntfy', 'push', 'outside', 'sshd', 'worker'] as const) site.start(part);
    await furnish(box, folder);
    await site.untilServed();
    for (const part of ['watch', 'scheduler'] as const) site.start(part);
    await site.untilCalm();
    return site;
  } catch (error) {
    const logs = logsOf(folder);
    await close();
    throw new Error(`the four machines did not come up: ${error}\n${logs}`, { cause: error });
  }
}

/** Keys, configs, and the Worker as it is exported. */
function prepare(folder: string): void {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  }
  const sshd = {
    ListenAddress: ADDRESS.edge,
    Port: 22,
    HostKey: join(folder, 'host'),
    AuthorizedKeysFile: join(folder, 'user.pub'),
    StrictModes: 'no',
    UsePAM: 'no',
    PidFile: 'none',
    PermitRootLogin: 'yes',
    GatewayPorts: 'clientspecified',
    ClientAliveInterval: 2,
    ClientAliveCountMax: 3,
  };
  const lines = Object.entries(sshd).map(([key, value]) => `${key} ${value}\n`);
  writeFileSync(join(folder, 'sshd_config'), lines.join(''));
  for (const [name, text] of Object.entries(CONFIG)) writeFileSync(join(folder, `${name}.yaml`), text);
  const secret = { mode: 0o600 };
  writeFileSync(join(folder, 'beat.secret'), BEATS.lan, secret);
  writeFileSync(join(folder, 'guard.secret'), UUID.guard, secret);
  const exported = ['export', 'cloudflare-worker', join(folder, 'far'), '--config', join(folder, 'off.yaml')];
  execFileSync(process.execPath, [BIN, ...exported], { stdio: 'pipe' });
}

async function furnish(box: Box, folder: string): Promise<void> {
  const dist = `${CHECKOUT}/packages/ninelives/dist`;
  const units = unitsOf(NODE, dist, `${CHECKOUT}/packages/ninelives/bin/ninelives.js`);
  box.write('/home/jc/ninelives.yaml', CONFIG.box);
  box.write('/home/jc/beat.secret', BEATS.box);
  box.write('/home/jc/tunnel.key', readFileSync(join(folder, 'user'), 'utf8'));
  for (const [name, text] of Object.entries(units)) box.write(`/etc/systemd/system/${name}.service`, text);
  const names = Object.keys(units).map((name) => `${name}.service`);
  const script = `chmod 600 /home/jc/tunnel.key /home/jc/beat.secret && systemctl daemon-reload && systemctl enable --now ${names.join(' ')}`;
  const { code, stderr } = await box.asRoot(['/bin/sh', '-c', script]);
  if (code !== 0) throw new Error(stderr);
}

function createSite(
  folder: string,
  wires: Wires,
  running: Map<Part, Running>,
  box: Box,
  close: () => Promise<void>,
): Site {
  const at = (file: string) => join(folder, file);
  const program = (name: string, ...args: string[]) => [
    process.execPath,
    join(PROGRAMS, `${name}.js`),
    ...args,
  ];
  const outside = {
    host: ADDRESS.outside,
    uuid: UUID.off,
    graceMs: OFF_GRACE_MS,
    tellUrl: `http://${ADDRESS.push}/`,
  };
  const worker = {
    dir: at('far'),
    keep: at('objects'),
    host: ADDRESS.worker,
    port: WORKER_PORT,
    bindings: FAR_SECRETS,
  };
  const watch = [process.execPath, BIN, 'watch', '--config', at('lan.yaml'), '--state', at('lan')];
  const parts: { [part in Part]: ['lan' | 'edge' | 'cloud', string[]] } = {
    sshd: ['edge', ['/usr/sbin/sshd', '-D', '-e', '-f', at('sshd_config')]],
    ntfy: ['cloud', program('ntfy', ADDRESS.ntfy, at('ntfy.jsonl'))],
    push: ['cloud', program('ntfy', ADDRESS.push, at('push.jsonl'))],
    outside: ['cloud', program('outside', JSON.stringify(outside))],
    worker: ['cloud', program('worker', JSON.stringify(worker))],
    scheduler: ['cloud', program('scheduler', WORKER_URL, '1000', at('far.json'))],
    watch: ['lan', watch],
  };
  const site: Site = {
    ...{ folder, box, wires, close },
    start(part) {
      const [machine, argv] = parts[part];
      running.set(part, startIn(wires.namespace(machine), argv, at(`${part}.log`)));
    },
    async kill(part) {
      await running.get(part)?.kill();
      running.delete(part);
    },
    async onBox(...command) {
      const { code, stderr } = await box.asRoot(command);
      if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
    },
    powerOff() {
      wires.unplug();
      box.powerCut();
    },
    async powerOn() {
      await box.powerOn();
      wires.plugIn(box.leader().pid);
    },
    layers: () => JSON.parse(execText([BIN, 'layers', '--json', '--config', at('off.yaml')])),
    arrived: () =>
      [...arrivedAt('ntfy', at('ntfy.jsonl')), ...arrivedAt('push', at('push.jsonl'))].sort(
        (a, b) => a.wallMs - b.wallMs,
      ),
    hasSeen(layer, about) {
      const file = layer === 'guard' ? join(box.root, 'home/jc/state/record.db') : at('lan/record.db');
      const state = statesIn(file)?.states.svc;
      if (about !== 'blind') return (state?.incident ?? null) !== null;
      return ((state && watchStateOf(state)?.blindLooks) ?? 0) >= DEFAULT_WATCH_POLICY.failureThreshold;
    },
    async untilServed() {
      const curl = ['netns', 'exec', wires.namespace('cloud'), process.execPath, '-e', ASK];
      await eventually('clients reach it from outside', () => runs('ip', curl), CALM_LIMIT_MS);
    },
    async untilCalm(longerMs = 0) {
      let why = '';
      try {
        const isCalm = () => {
          why = restless(site);
          return why === '';
        };
        await eventually('calm', isCalm, CALM_LIMIT_MS + longerMs);
      } catch (error) {
        throw new Error(`not calm: ${why}\n${logsOf(folder)}`, { cause: error });
      }
    },
  };
  return site;
}

const ASK = `const response = await fetch('${'http://'}${ADDRESS.edge}:8443/v1/embeddings', { method: 'POST',
  body: '{"input":["x"]}', signal: AbortSignal.timeout(5000) }); if (!response.ok) process.exit(1);`;

function runs(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function execText(args: string[]): string {
  return execFileSync(process.execPath, args, { encoding: 'utf8' });
}

/** The ends of all logs, for a person. */
function logsOf(folder: string): string {
  const parts = ['sshd', 'watch', 'worker', 'scheduler', 'outside', 'ntfy', 'push'];
  const logs = parts.map((part) => {
    const file = join(folder, `${part}.log`);
    return existsSync(file) ? `--- ${part}\n${readFileSync(file, 'utf8').slice(-1_500)}` : '';
  });
  return logs.join('\n');
}
