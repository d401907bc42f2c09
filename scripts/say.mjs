// Words on the way: one line a stage, rewritten in place on a terminal, plain lines elsewhere.

const terminal = process.stdout.isTTY === true && process.env.TERM !== 'dumb';
const HEARTBEAT_MS = 5_000;

export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** An expected failure: what, why, and what to type next. */
export class SetupError extends Error {
  constructor(what, why, next) {
    super([what, why && `  why:  ${why}`, next && `  next: ${next}`].filter(Boolean).join('\n'));
    this.name = 'SetupError';
  }
}

/**
 * Run `work` under a title. The title is printed at once, so that nobody looks at a silent screen, and a sign
 * of life follows while it lasts. `work` returns a short remark for the closing line.
 */
export async function stage(title, work) {
  const startedAt = performance.now();
  const elapsed = () => seconds(performance.now() - startedAt);
  process.stdout.write(terminal ? `\r  … ${title}` : `ninelives: ${title}…\n`);
  const heartbeat = setInterval(
    () =>
      process.stdout.write(
        terminal ? `\r  … ${title}, ${elapsed()}` : `ninelives: still ${title}, ${elapsed()}\n`,
      ),
    terminal ? 500 : HEARTBEAT_MS,
  );
  let mark = '✗';
  let remark = '';
  try {
    remark = (await work()) ?? '';
    mark = '✓';
  } finally {
    clearInterval(heartbeat);
    const done = `${title}${remark && `: ${remark}`}, ${elapsed()}`;
    if (terminal) process.stdout.write(`\r\x1b[K  ${mark} ${done}\n`);
    else process.stdout.write(`ninelives: ${mark === '✓' ? 'done' : 'failed'} ${done}\n`);
  }
}
