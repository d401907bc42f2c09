import { processId, sameProcess } from '../../core/identity.js';
import { eventsOf, type Fault, holdMs, isHealed, mainOf, type Scene } from './fault.js';
import { hasServedSince } from './healing.js';

/** A service that dies as soon as it is started: the supervisor must give up, and a person must hear of it. */
export const crashLoop: Fault = {
  name: 'crash-loop',
  summary: 'SIGKILL to each new main process, until the start limit: is it given up, and is somebody told?',
  expects:
    'it ends failed at the start limit, without a busy loop, and somebody is told; then our start brings it back',
  undo: 'start',
  needs: 'nothing',
  notOnSystemd:
    'the start limit would leave the unit failed, and only an admin gets a system unit out of that: sudo systemctl reset-failed',
  aim(unit) {
    const main = mainOf(unit);
    if (!main) return { cannot: 'there is no main process to kill' };
    if (unit.startLimit.burst <= 0 || unit.startLimit.intervalMs <= 0) {
      return { cannot: 'it has no start limit, so it would be restarted for ever' };
    }
    return { signal: 'SIGKILL', processes: [main], text: 'killing it and each that follows' };
  },
  again(scene) {
    const { deeds, state } = scene;
    const newest = eventsOf(scene, 'incarnation').at(-1)?.incarnation;
    if (!newest) return null;
    const struck = deeds.some(({ processes }) => processes.some((id) => sameProcess(id, newest)));
    // One more than the limit allows would already be proof against it.
    if (struck || deeds.length > (state.unit?.startLimit.burst ?? 0) + 1) return null;
    return processId(newest);
  },
  seen(scene) {
    const gaveUp = gaveUpAt(scene);
    return gaveUp !== null && scene.nowMs - gaveUp >= holdMs(scene);
  },
  judge(scene) {
    const why: string[] = [];
    const gaveUp = gaveUpAt(scene);
    const restored = scene.deeds.find((deed) => deed.type === 'restored')?.atMs ?? Number.POSITIVE_INFINITY;
    const starts = eventsOf(scene, 'incarnation').filter((event) => event.atMs < restored);
    const burst = scene.state.unit?.startLimit.burst ?? scene.restart.startLimitBurst;
    if (gaveUp === null) why.push('the supervisor did not give up');
    else if (starts.some((event) => event.atMs > gaveUp))
      why.push('it was started again after it had failed');
    if (starts.length > burst)
      why.push(`${starts.length} restarts, with a start limit of ${burst}: a busy loop`);
    if (eventsOf(scene, 'escalated').length === 0) why.push('nobody was told');
    if (!hasServedSince(scene) || !isHealed(scene)) {
      why.push(`it does not serve: ${scene.state.verdict.sentence}`);
    }
    return why;
  },
};

/** When the guard saw that the supervisor gave up. */
function gaveUpAt(scene: Scene): number | null {
  const failed = eventsOf(scene, 'escalated').find((event) => event.data?.reason === 'failed');
  return failed?.atMs ?? null;
}
