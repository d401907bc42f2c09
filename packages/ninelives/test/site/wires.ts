import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { bootId } from '../../src/host/clock.js';
import { isAlive, readStat } from '../../src/host/procfs/processes.js';

/** Addresses of RFC 5737: the site's own network, and what is beyond its line. */
export const ADDRESS = {
  box: '192.0.2.10',
  lan: '192.0.2.20',
  edge: '203.0.113.1',
  /** The cloud's: two control targets and a heartbeat service, two servers that page, the Worker. */
  outside: '203.0.113.10',
  ntfy: '203.0.113.21',
  push: '203.0.113.22',
  worker: '203.0.113.30',
} as const;

const ROUTER = { lan: '192.0.2.1', net: '203.0.113.254' };
const PREFIX = 'nl4m';

/** Four machines' network: a switch with the box and the LAN machine, a line, and beyond it the edge and the cloud. */
export interface Wires {
  /** The network namespace of that machine: for `ip netns exec`. */
  namespace(machine: 'lan' | 'edge' | 'cloud'): string;
  /** Plugs the box in: its PID 1 as seen from here. */
  plugIn(boxPid: number): void;
  /** Takes its cable away. A box that is off answers nothing, but its network outlives its processes for a moment. */
  unplug(): void;
  /** The line of the site; the cable of the LAN machine. */
  set(wire: 'uplink' | 'lan', state: 'up' | 'down'): void;
  remove(): void;
}

function ip(...args: string[]): void {
  const done = spawnSync('ip', args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`ip ${args.join(' ')}: ${done.stderr?.trim() ?? done.error}`);
}

/** Makes it; named after this process, so that two runs never meet and a killed one's remains are known. */
export function layWires(): Wires {
  clearRemains();
  const self = readStat(process.pid);
  const run = `${PREFIX}.${process.pid}.${self?.startTicks}.${bootId().slice(0, 8)}.${randomBytes(2).toString('hex')}`;
  const name = (machine: string) => `${run}.${machine}`;
  const all = ['switch', 'net', 'lan', 'edge', 'cloud'];
  const remove = () => {
    for (const machine of all) spawnSync('ip', ['netns', 'del', name(machine)]);
  };
  try {
    for (const machine of all) {
      ip('netns', 'add', name(machine));
      ip('-n', name(machine), 'link', 'set', 'lo', 'up');
    }
    for (const machine of ['switch', 'net']) {
      ip('-n', name(machine), 'link', 'add', 'br0', 'type', 'bridge');
      ip('-n', name(machine), 'link', 'set', 'br0', 'up');
    }
    const wire = (at: string, port: string, machine: string, addresses: string[], via: string) => {
      const end = ['peer', 'name', 'eth0', 'netns', name(machine)];
      ip('-n', name(at), 'link', 'add', port, 'type', 'veth', ...end);
      ip('-n', name(at), 'link', 'set', port, 'master', 'br0', 'up');
      for (const address of addresses) ip('-n', name(machine), 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      ip('-n', name(machine), 'link', 'set', 'eth0', 'up');
      if (via !== '') ip('-n', name(machine), 'route', 'add', 'default', 'via', via);
    };
    wire('switch', 'p-lan', 'lan', [ADDRESS.lan], ROUTER.lan);
    ip('-n', name('switch'), 'addr', 'add', `${ROUTER.lan}/24`, 'dev', 'br0');
    // The line: the switch is the site's router, too.
    wire('net', 'p-site', 'switch', [ROUTER.net], '');
    const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward';
    ip('netns', 'exec', name('switch'), 'sh', '-c', forward);
    wire('net', 'p-edge', 'edge', [ADDRESS.edge], ROUTER.net);
    const { outside, ntfy, push, worker } = ADDRESS;
    wire('net', 'p-cloud', 'cloud', [outside, ntfy, push, worker], ROUTER.net);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    namespace: name,
    plugIn(boxPid) {
      const end = ['peer', 'name', 'eth0', 'netns', String(boxPid)];
      ip('-n', name('switch'), 'link', 'add', 'p-box', 'type', 'veth', ...end);
      ip('-n', name('switch'), 'link', 'set', 'p-box', 'master', 'br0', 'up');
      const inside = (...args: string[]) => {
        const done = spawnSync('nsenter', ['-t', String(boxPid), '-n', 'ip', ...args], { encoding: 'utf8' });
        if (done.status !== 0) throw new Error(`in the box: ip ${args.join(' ')}: ${done.stderr}`);
      };
      inside('addr', 'add', `${ADDRESS.box}/24`, 'dev', 'eth0');
      inside('link', 'set', 'lo', 'up');
      inside('link', 'set', 'eth0', 'up');
      inside('route', 'add', 'default', 'via', ROUTER.lan);
    },
    unplug() {
      spawnSync('ip', ['-n', name('switch'), 'link', 'del', 'p-box']);
    },
    set(wire, state) {
      const [at, port] = wire === 'uplink' ? ['switch', 'eth0'] : ['switch', 'p-lan'];
      ip('-n', name(at as string), 'link', 'set', port as string, state);
    },
    remove,
  };
}

/** Namespaces of runs that were killed. A living run's are left alone. */
function clearRemains(): void {
  const listed = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout ?? '';
  for (const line of listed.split('\n')) {
    const [name = ''] = line.split(' ');
    const [prefix, pid, startTicks, boot] = name.split('.');
    if (prefix !== PREFIX) continue;
    const lives =
      boot === bootId().slice(0, 8) && isAlive({ pid: Number(pid), startTicks: Number(startTicks) });
    if (!lives) spawnSync('ip', ['netns', 'del', name]);
  }
}
