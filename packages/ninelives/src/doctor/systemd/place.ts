import type { DoctorRow } from '../row.js';
import { fail, ok, warn } from './advice.js';
import type { SystemdFacts } from './facts.js';

/** What surrounds the unit: the port, the probe, the user manager, and who keeps the guard going. */
export function placeRows(facts: SystemdFacts): DoctorRow[] {
  return [portRow(facts), probeRow(facts), ...(facts.user ? [lingerRow(facts)] : []), guardRow(facts)];
}

function portRow(facts: SystemdFacts): DoctorRow {
  const { port, portOwner } = facts;
  if (port === null) return ok('port', 'none', 'the service has no port of this machine');
  const read = `${port}: ${portOwner.text}`;
  switch (portOwner.who) {
    case 'unit':
      return ok('port', read, 'a process of this unit');
    case 'foreign': {
      const means =
        'not a process of this unit: its answers would pass for the service’s, and a restart would fail';
      return fail('port', read, means, 'end that process, or give the unit its port');
    }
    case 'leftover': {
      const means = 'an orphan of an earlier start: its answers pass for the service’s';
      return warn('port', read, means, 'the guard clears it; or end that process');
    }
    case 'none':
      return warn('port', read, 'the service is down or still loading', `systemctl status ${facts.unit}`);
    case 'unknown':
      return warn('port', read, 'whose process it is can’t be seen', 'run doctor as the user of the service');
  }
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0|\[::\])$/;

function probeRow(facts: SystemdFacts): DoctorRow {
  const { probeUrl, port, unit } = facts;
  const url = URL.canParse(probeUrl) ? new URL(probeUrl) : null;
  if (!url)
    return fail('probe', probeUrl, 'not a URL', 'probe: {url: http://127.0.0.1:PORT} in ninelives.yaml');
  const asked = url.port || (url.protocol === 'https:' ? '443' : '80');
  const direct = LOOPBACK.test(url.hostname) && asked === String(port);
  if (direct) return ok('probe', probeUrl, `asks ${unit} itself`);
  const means = `does not go straight to ${unit}: whatever is in between may fail, or answer, for it`;
  return warn('probe', probeUrl, means, `probe: {url: http://127.0.0.1:${port ?? 'PORT'}} in ninelives.yaml`);
}

/** systemd/systemd#43361: user managers are ended at logout although they linger; mended in 256. */
const LINGER_BUG = 255;

function lingerRow(facts: SystemdFacts): DoctorRow {
  const { linger, me, systemdVersion } = facts;
  if (linger === null)
    return warn(
      'linger',
      'could not be read',
      'without it the unit ends at logout',
      'loginctl enable-linger',
    );
  if (!linger) {
    const means = 'my units end when I log out, and do not start at boot';
    return fail('linger', 'Linger=no', means, `loginctl enable-linger ${me.name}`);
  }
  if (systemdVersion === LINGER_BUG) {
    const means = 'this systemd may end my user manager at logout all the same';
    return warn('linger', 'Linger=yes, systemd 255', means, 'a system unit with User=, or systemd 256.3');
  }
  return ok('linger', 'Linger=yes', 'my units run without a login');
}

function guardRow({ guard, unit, user }: SystemdFacts): DoctorRow {
  if (guard === null) {
    const fix = `ninelives guard --unit ${unit}${user ? ' --user' : ''}`;
    return warn('guard', 'not running', 'nobody looks at this service now', fix);
  }
  const { by, runs, read, fix } = guard;
  if (!runs) return warn('guard', read, 'nobody looks at this service now', fix);
  if (by === 'nobody') return warn('guard', read, 'when it dies, or the machine restarts, nobody looks', fix);
  const means = by === 'unit' ? 'the guard is started again when it dies' : 'it looks each time it is run';
  return ok('guard', read, means);
}
