import { readdirSync, readlinkSync } from 'node:fs';

/** The inodes of a process's sockets (proc_pid_fd(5)); none where we may not look, or when it is gone. */
export function socketsOf(pid: number): number[] {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    // Gone, or another user's.
    return [];
  }
  return names.flatMap((name) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      return inode === undefined ? [] : [Number(inode)];
    } catch {
      // Closed since it was listed.
      return [];
    }
  });
}
