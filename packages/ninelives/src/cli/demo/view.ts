import type { TimelineRow } from '../../drill/report.js';
import { rowLine } from '../drill/lines.js';
import type { Style, Terminal } from '../terminal.js';

/** How a column fares at a moment; one cell of its strip. */
export type Mood = 'right' | 'waiting' | 'lost' | 'idle';

export interface Column {
  title: string;
  /** Who asks this, for those who see it for the first time. */
  subtitle: string;
  now: string;
  mood: Mood;
  /** Half a second each, oldest first. */
  strip: readonly Mood[];
  tally: string;
}

/** Everything that the demo shows at one moment. */
export interface DemoView {
  url: string | null;
  elapsedMs: number;
  caption: string;
  captionStyle: Style;
  /** What is asked, side by side. */
  columns: readonly Column[];
  story: readonly TimelineRow[];
}

/** A piece of a line with one look. */
export interface Piece {
  text: string;
  style?: Style | undefined;
}
export type Line = readonly Piece[];

const MOODS: { [mood in Mood]: { cell: string; style: Style } } = {
  right: { cell: '■', style: 'green' },
  waiting: { cell: '□', style: 'yellow' },
  lost: { cell: '×', style: 'red' },
  idle: { cell: '·', style: 'dim' },
};

/** Narrower columns can't be read side by side. */
const COLUMN_MIN = 26;
const WIDTH_MAX = 104;
const GAP = 3;
const MARGIN = 2;

/** The whole picture, no line longer than the terminal is wide and no more lines than it is high. Pure. */
export function demoLines(view: DemoView, size: { columns: number; rows: number }): Line[] {
  const width = Math.max(16, Math.min(size.columns - 1, WIDTH_MAX) - MARGIN);
  const head: Line[] = [titleLine(view, width), []];
  const half = Math.floor((width - GAP * (view.columns.length - 1)) / view.columns.length);
  const columns = half >= COLUMN_MIN ? sideBySide(view, half) : stacked(view, width);
  const caption = wrap(view.caption, width).map((text) => [{ text, style: view.captionStyle }]);
  const story = view.story.flatMap((row) => storyLines(row, width));
  const fixed = [...head, ...columns, [], ...caption, []];
  // The newest of the story matters most; what scrolls away is told again at the end.
  const room = Math.max(0, size.rows - 1 - fixed.length);
  const shown = [...fixed, ...story.slice(Math.max(0, story.length - room))].slice(0, size.rows - 1);
  return shown.map((line) => clip([{ text: ' '.repeat(MARGIN) }, ...line], size.columns - 1));
}

function titleLine({ url, elapsedMs }: DemoView, width: number): Line {
  const time = `${Math.floor(elapsedMs / 1000)} s`;
  const name = 'ninelives demo';
  const where = url === null ? '' : ` · ${url}`;
  const space = Math.max(1, width - name.length - where.length - time.length);
  return [
    { text: name, style: 'bold' },
    { text: where, style: 'dim' },
    { text: `${' '.repeat(space)}${time}`, style: 'dim' },
  ];
}

function sideBySide({ columns }: DemoView, width: number): Line[] {
  const drawn = columns.map((column) => columnLines(column, width));
  const last = drawn.length - 1;
  return (drawn[0] ?? []).map((_line, row) =>
    drawn.flatMap((lines, at) => {
      const line = lines[row] as Line;
      return at === last ? [...line] : [...pad(line, width), { text: ' '.repeat(GAP) }];
    }),
  );
}

function stacked({ columns }: DemoView, width: number): Line[] {
  // Where it is narrow it is often low too: without the rule and the words below the title.
  return columns.flatMap((column, at) => {
    const lines = columnLines(column, width).filter((_line, index) => index !== 1 && index !== 2);
    return at === 0 ? lines : [[], ...lines];
  });
}

function columnLines({ title, subtitle, now, mood, strip, tally }: Column, width: number): Line[] {
  const { cell, style } = MOODS[mood];
  return [
    [{ text: title, style: 'bold' } as Piece],
    [{ text: subtitle, style: 'dim' } as Piece],
    [{ text: '─'.repeat(width), style: 'dim' } as Piece],
    [{ text: `${cell} ${now}`, style }],
    stripPieces(strip.slice(-width)),
    [{ text: tally, style: 'dim' } as Piece],
  ].map((line) => clip(line, width));
}

/** Neighbours of one mood become one piece. */
function stripPieces(strip: readonly Mood[]): Piece[] {
  const pieces: Piece[] = [];
  for (const mood of strip) {
    const { cell, style } = MOODS[mood];
    const last = pieces.at(-1);
    if (last && last.style === style) last.text += cell;
    else pieces.push({ text: cell, style });
  }
  return pieces;
}

/** One row of the timeline as the drill prints it, wrapped below its own text. */
function storyLines(row: TimelineRow, width: number): Line[] {
  const plain = rowLine(row, PLAIN);
  const indent = row.sinceMs === null ? 0 : plain.indexOf(']') + 2;
  const [first = '', ...rest] = wrap(plain, width, indent);
  const style = STORY_STYLES[row.type];
  return [first, ...rest].map((text) => [{ text, style }]);
}

const STORY_STYLES: { [type in TimelineRow['type']]?: Style } = {
  injected: 'yellow',
  kill: 'red',
  'incident-opened': 'yellow',
  serving: 'green',
  'incident-resolved': 'green',
};

const PLAIN: Terminal = { out() {}, err() {}, style: (_style, text) => text, columns: null };

/** Breaks at spaces; a word longer than the line is cut. Later lines are indented. */
export function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const start = lines.length === 0 ? '' : ' '.repeat(Math.min(indent, width - 1));
    const longer = line === '' ? start + word : `${line} ${word}`;
    if (longer.length <= width || line === '') line = longer;
    else {
      lines.push(line.slice(0, width));
      line = ' '.repeat(Math.min(indent, width - 1)) + word;
    }
  }
  return [...lines, line.slice(0, width)];
}

/** Cuts a line at a width. Every character here is one column wide. */
export function clip(line: Line, width: number): Line {
  const kept: Piece[] = [];
  let left = width;
  for (const piece of line) {
    if (left <= 0) break;
    kept.push({ ...piece, text: piece.text.slice(0, left) });
    left -= piece.text.length;
  }
  return kept;
}

function pad(line: Line, width: number): Line {
  const used = line.reduce((sum, { text }) => sum + text.length, 0);
  return [...line, { text: ' '.repeat(Math.max(0, width - used)) }];
}
