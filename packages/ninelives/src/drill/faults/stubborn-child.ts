import { processId } from '../../core/identity.js';
import { eventsOf, type Fault, isHealed, mainOf, type Scene } from './fault.js';
import { hasServedSince, judgeRevival } from './healing.js';

/** What is left of a restart's delay once nothing has to be waited for. */
const SECONDS_MS = 5_000;

/**
 * A worker that ignores SIGTERM holds up its unit's restart for TimeoutStopSec= (90 s by default), when only the main
 * process is killed: measured 16-117 s against 1.4 s. So the guard kills the main process first and then, at once,
 * the rest of its list; this does the same, as the guard would.
 */
export const stubbornChild: Fault = {
  name: 'stubborn-child',
  summary: 'SIGKILL to the main process and then its children: no child can hold up the restart',
  expects: 'it is started again within seconds, whatever its children do with SIGTERM, and it answers right',
  undo: 'none',
  needs: 'start',
  notOnSystemd: null,
  aim(unit) {
    const main = mainOf(unit);
    if (!main) return { cannot: 'there is no main process to kill' };
    const children = unit.processes.filter((process) => process.pid !== main.pid && process.state !== 'Z');
    if (children.length === 0) {
      return { cannot: 'it has no child process; kill the main process: ninelives drill crash' };
    }
    const text = `killing it and its ${children.map((child) => child.pid).join(', ')}`;
    return { signal: 'SIGKILL', processes: [main, ...children.map(processId)], text };
  },
  seen: (scene) => hasServedSince(scene) && isHealed(scene),
  judge(scene) {
    const why = judgeRevival(scene);
    const tookMs = restartMs(scene);
    const limitMs = scene.restart.restartMs + SECONDS_MS;
    if (tookMs !== null && tookMs > limitMs) {
      why.push(`started again only after ${(tookMs / 1_000).toFixed(0)} s: something held it up`);
    }
    return why;
  },
};

function restartMs(scene: Scene): number | null {
  const killed = scene.deeds[0];
  const next = eventsOf(scene, 'incarnation')[0];
  return killed && next ? next.atMs - killed.atMs : null;
}
