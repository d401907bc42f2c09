import type { Terminal } from '../terminal.js';
import type { Line } from './view.js';

/** Draws over its own last picture, with plain ANSI (ECMA-48): cursor up, erase below, nothing else. */
export interface Screen {
  draw(lines: readonly Line[]): void;
  /** Leaves the last picture where it is and gives the cursor back. */
  end(): void;
}

const ESC = '\u001b[';

export function createScreen(terminal: Terminal): Screen {
  let height = 0;
  let last = '';
  return {
    draw(lines) {
      const text = lines
        .map((line) => line.map(({ text, style }) => (style ? terminal.style(style, text) : text)).join(''))
        .map((line) => `${line}${ESC}K`)
        .join('\n');
      if (text === last) return;
      const up = height > 0 ? `${ESC}${height}A\r` : `${ESC}?25l`;
      // One write, so that no half picture is ever seen.
      terminal.out(`${up}${text}${ESC}0J`);
      height = lines.length;
      last = text;
    },
    end() {
      // `out` ends the line: one up, and down again.
      if (height > 0) terminal.out(`${ESC}?25h${ESC}A`);
    },
  };
}
