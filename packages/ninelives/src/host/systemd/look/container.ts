import type { ProcessSample } from '../../../core/types.js';

/** Clients: the container is a child of the engine's daemon, never of the unit (moby/moby#20171). */
const CLIENTS = new Set(['docker', 'nerdctl']);
/** These may hold the container in the unit's own cgroup (`--cgroups=split`, as Quadlet has it): then it ends with them. */
const MONITORS = new Set(['podman', 'conmon']);

/**
 * Does the main process only watch a container that goes on without it? Then SIGKILL mends nothing, and the next start
 * meets the old container's name and port.
 */
export function onlyWatchesContainer(processes: readonly ProcessSample[]): boolean {
  const main = processes.find((process) => process.main);
  if (!main) return false;
  if (CLIENTS.has(main.name)) return true;
  return MONITORS.has(main.name) && processes.every((process) => MONITORS.has(process.name));
}
