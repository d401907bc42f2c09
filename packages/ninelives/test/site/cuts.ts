import type { Site } from './site.js';

/** One thing that is cut, and how it comes back. */
export interface Cut {
  name: string;
  /** The row of  ninelives layers  that says what follows: `kind name`. */
  failure: string;
  /** A second one, which lasts as long: what fails while this is cut is told afterwards by whoever needed it. */
  beside?: string;
  cut(site: Site): Promise<void>;
  /** Null: the guard mends it, and nobody else does. */
  mend: ((site: Site) => Promise<void>) | null;
}

const MODEL = 'model svc';

/** Everything that issue and DESIGN.md name, from the smallest to the largest. */
export const CUTS: readonly Cut[] = [
  {
    name: 'the process, frozen',
    failure: MODEL,
    cut: (site) => site.onBox('systemctl', 'kill', '--signal=SIGSTOP', '--kill-whom=main', 'model.service'),
    mend: null,
  },
  {
    name: 'the process, for good',
    failure: MODEL,
    cut: (site) => site.onBox('systemctl', 'stop', 'model.service'),
    mend: (site) => site.onBox('systemctl', 'start', 'model.service'),
  },
  {
    name: 'the guard',
    failure: 'layer guard',
    cut: (site) => site.onBox('systemctl', 'stop', 'guard.service'),
    mend: (site) => site.onBox('systemctl', 'start', 'guard.service'),
  },
  {
    name: 'the box',
    failure: 'host box',
    async cut(site) {
      site.powerOff();
    },
    mend: (site) => site.powerOn(),
  },
  {
    name: 'the tunnel',
    failure: 'tunnel tunnel',
    cut: (site) => site.kill('sshd'),
    async mend(site) {
      site.start('sshd');
    },
  },
  {
    name: 'the LAN machine',
    failure: 'host nuc',
    async cut(site) {
      await site.kill('watch');
      site.wires.set('lan', 'down');
    },
    async mend(site) {
      site.wires.set('lan', 'up');
      site.start('watch');
    },
  },
  {
    name: 'the line of the site',
    failure: 'uplink isp',
    async cut(site) {
      site.wires.set('uplink', 'down');
    },
    async mend(site) {
      site.wires.set('uplink', 'up');
    },
  },
  {
    name: 'the power of the whole site',
    failure: 'power home',
    async cut(site) {
      site.wires.set('uplink', 'down');
      site.powerOff();
      await site.kill('watch');
    },
    async mend(site) {
      site.wires.set('uplink', 'up');
      await site.powerOn();
      // Seconds stand for minutes here, but not for a boot: the LAN machine is the slower one.
      await site.untilServed();
      site.start('watch');
    },
  },
  {
    name: 'the scheduler of the beacon',
    failure: 'layer off',
    cut: (site) => site.kill('scheduler'),
    async mend(site) {
      site.start('scheduler');
    },
  },
  {
    name: 'the server of a notifier, and the process meanwhile',
    failure: 'provider ntfy',
    beside: MODEL,
    async cut(site) {
      await site.kill('ntfy');
      await site.onBox('systemctl', 'stop', 'model.service');
    },
    async mend(site) {
      site.start('ntfy');
      await site.onBox('systemctl', 'start', 'model.service');
    },
  },
];
