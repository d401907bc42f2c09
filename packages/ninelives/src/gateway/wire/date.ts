let line = '';
let second = 0;

/** `Date: …` with its line end, as RFC 9110 §5.6.7 has it; made once a second. */
export function dateLine(nowMs = Date.now()): string {
  const now = Math.floor(nowMs / 1_000);
  if (now !== second) {
    second = now;
    line = `Date: ${new Date(nowMs).toUTCString()}\r\n`;
  }
  return line;
}
