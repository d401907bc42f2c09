/** One thing that `install` does to this account, with what undoes it. Nothing here needs root. */
export type Step =
  /** A folder that was not there; removed again when nothing else is in it. */
  | { type: 'folder'; path: string }
  | { type: 'file'; path: string; text: string; mode: number }
  /** A command, and the one that takes it back; null: nothing to do in that direction. */
  | { type: 'run'; argv: string[] | null; undo: string[] | null; why: string }
  /** A line of the user's crontab, known again by its marker at the end. */
  | { type: 'crontab'; line: string; marker: string };

/** systemd.service(5), "Command lines": quotes, and `%` and `$` doubled. */
export function quoteUnit(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&')}"`;
}
