import { eventsOf, type Fault, holdMs, isHealed, mainOf, type Scene } from './fault.js';
import { hasServedSince } from './healing.js';

/**
 * Why the remedy is SIGKILL and not the polite signal: under Restart=on-failure a SIGTERM is an intended stop
 * (systemd.service(5): "SIGHUP, SIGINT, SIGTERM or SIGPIPE" are clean), so what it ends stays down.
 */
export const term: Fault = {
  name: 'term',
  summary: 'SIGTERM to the main process: shows that it stays down, so the remedy is SIGKILL',
  expects:
    'it stays down and somebody is told: under Restart=on-failure SIGTERM is an intended stop, so the remedy is SIGKILL; then our start brings it back',
  undo: 'start',
  needs: 'nothing',
  notOnSystemd:
    'SIGTERM counts as an intended stop under Restart=on-failure (systemd.service(5)): the unit would stay down, and only an admin can start a system unit again. That is why the remedy is SIGKILL',
  aim(unit) {
    const main = mainOf(unit);
    if (!main) return { cannot: 'there is no main process to end' };
    return { signal: 'SIGTERM', processes: [main], text: 'asking it to end' };
  },
  seen(scene) {
    const ended = eventsOf(scene, 'ended')[0];
    if (!ended) return false;
    return isRevived(scene) ? isHealed(scene) : scene.nowMs - ended.atMs >= holdMs(scene);
  },
  judge(scene) {
    const why: string[] = [];
    const revives = scene.restart.policy === 'always';
    if (eventsOf(scene, 'ended').length === 0) why.push('it ignored SIGTERM');
    else if (isRevived(scene) && !revives) why.push('it was started again, although SIGTERM is a clean end');
    else if (!isRevived(scene) && revives) why.push('Restart=always, and yet it stayed down');
    if (!hasServedSince(scene) || !isHealed(scene))
      why.push(`it does not serve: ${scene.state.verdict.sentence}`);
    return why;
  },
};

/** A new main process before we asked for one. */
function isRevived(scene: Scene): boolean {
  const restored = scene.deeds.find((deed) => deed.type === 'restored')?.atMs ?? Number.POSITIVE_INFINITY;
  return eventsOf(scene, 'incarnation').some((event) => event.atMs < restored);
}
