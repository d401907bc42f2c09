import { isKillOfMain } from '../story/timeline.js';
import { eventsOf, isHealed, type Scene } from './fault.js';

/** A hang is over when the guard has killed, something new has answered, and the incident is closed. */
export function isCuredByKill(scene: Scene): boolean {
  return scene.events.some(isKillOfMain) && hasServedSince(scene) && isHealed(scene);
}

/** What a cure of a hang must show: seen, killed once, revived by the supervisor, answering. */
export function judgeCureByKill(scene: Scene): string[] {
  const kills = scene.events.filter(isKillOfMain).length;
  const why: string[] = [];
  if (eventsOf(scene, 'incident-opened').length === 0) why.push('the guard did not notice it');
  else if (kills === 0) why.push(`the guard did not kill it${withheldClause(scene)}`);
  if (kills > 1) why.push(`it took ${kills} kills, not one`);
  return kills === 0 ? why : [...why, ...judgeRevival(scene)];
}

/** What a death must show: a new main process, and right answers from it. */
export function judgeRevival(scene: Scene): string[] {
  if (eventsOf(scene, 'incarnation').length === 0) return ['the supervisor did not start it again'];
  if (!hasServedSince(scene)) return ['it was started again, but gave no right answer in time'];
  return isHealed(scene)
    ? []
    : [`it answers again, but the guard still says: ${scene.state.verdict.sentence}`];
}

export function hasServedSince(scene: Scene): boolean {
  return eventsOf(scene, 'serving').length > 0;
}

function withheldClause(scene: Scene): string {
  const withheld = eventsOf(scene, 'kill-withheld').at(-1);
  return withheld ? `: ${withheld.text}` : ` within ${Math.round((scene.nowMs - startMs(scene)) / 1000)} s`;
}

function startMs({ deeds, nowMs }: Scene): number {
  return deeds[0]?.atMs ?? nowMs;
}
