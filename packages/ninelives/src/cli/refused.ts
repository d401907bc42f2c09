/** Refusals of the machine, which are nobody's bug: no access, no room, a path through what is no folder (errno(3)). */
const REFUSALS = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR']);

/** What the machine refused, in words, and what to look at; null when it is something else. */
export function refusedByMachine(error: unknown): { message: string; hint: string } | null {
  if (!(error instanceof Error)) return null;
  const { code = '', path, syscall } = error as NodeJS.ErrnoException;
  // A file where a folder should be made.
  const inTheWay = code === 'EEXIST' && syscall === 'mkdir';
  if (path === undefined || !(REFUSALS.has(code) || inTheWay)) return null;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const look = full ? `df -h ${path}` : `ls -ld ${path}`;
  return {
    message: `the machine refuses it: ${error.message}`,
    hint: `${look}; --state DIR keeps it elsewhere`,
  };
}
