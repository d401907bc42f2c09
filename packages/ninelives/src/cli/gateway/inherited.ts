/** The first descriptor that systemd passes (sd_listen_fds(3), SD_LISTEN_FDS_START). */
const FIRST_FD = 3;

/**
 * The socket that a supervisor holds open for us (`LISTEN_FDS`, sd_listen_fds(3)): connections wait in it while we are
 * restarted. null: none, or they are meant for another process.
 */
export function inheritedSocket(
  env: { [name: string]: string | undefined },
  pid: number,
): { fd: number } | null {
  if (Number(env.LISTEN_PID) !== pid || !(Number(env.LISTEN_FDS) >= 1)) return null;
  return { fd: FIRST_FD };
}
