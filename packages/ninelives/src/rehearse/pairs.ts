import { parseCsv } from './csv.js';

/** Two texts and how alike a person found them; the scale is the file's own (0 to 5 in STS), only its order counts. */
export interface GradedPair {
  score: number;
  one: string;
  two: string;
}

/** Why a file is no set of graded pairs; the message says where and what. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
}

/** Fewer say nothing about an order. */
const PAIRS_MIN = 10;

const SCORE = /^(similarity_?)?(score|label|gold|relatedness_score|gs)$/i;
const ONE = /^(sentence|text|s)_?(1|a)$/i;
const TWO = /^(sentence|text|s)_?(2|b)$/i;
/** The layout of STSb's own files, which have no header: genre, file, year, id, score, two sentences. */
const STSB = { score: 4, one: 5, two: 6 };

interface Columns {
  score: number;
  one: number;
  two: number;
}

/**
 * Reads an STS file: tab-separated, comma-separated or one JSON object a line, told apart by what is in it; with a
 * header (score, sentence1, sentence2 and their usual other names, in any order) or without.
 * @throws DatasetError
 */
export function readPairs(text: string): GradedPair[] {
  const clean = text.replace(/^\uFEFF/, '');
  const pairs = /^\s*[{[]/.test(clean) ? fromJsonLines(clean) : fromTable(clean);
  if (pairs.length >= PAIRS_MIN) return pairs;
  throw new DatasetError(`it has ${pairs.length} graded pairs; a score needs at least ${PAIRS_MIN}`);
}

function fromTable(text: string): GradedPair[] {
  const firstLine = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n'));
  // Sentences are full of quotes: in tab-separated STS files they mean nothing.
  const rows = firstLine.includes('\t')
    ? text.split(/\r?\n/).map((line) => line.split('\t'))
    : parseCsv(text);
  const [first = []] = rows;
  const named = namedColumns(first);
  const columns = named ?? bareColumns(first);
  const body = named ? rows.slice(1) : rows;
  return body.flatMap((cells, at) => {
    if (cells.length === 1 && cells[0]?.trim() === '') return [];
    const line = at + (named ? 2 : 1);
    return [pairOf(cells[columns.score], cells[columns.one], cells[columns.two], `line ${line}`)];
  });
}

function namedColumns(cells: readonly string[]): Columns | null {
  const place = (name: RegExp) => cells.findIndex((cell) => name.test(cell.trim()));
  const columns = { score: place(SCORE), one: place(ONE), two: place(TWO) };
  return Object.values(columns).every((column) => column >= 0) ? columns : null;
}

/** Without a header: three columns with the score first or last, or STSb's own seven. @throws DatasetError */
function bareColumns(cells: readonly string[]): Columns {
  const isNumber = (at: number) => cells[at]?.trim() !== '' && Number.isFinite(Number(cells[at]));
  if (cells.length >= 7 && isNumber(STSB.score)) return STSB;
  if (cells.length === 3 && isNumber(0)) return { score: 0, one: 1, two: 2 };
  if (cells.length === 3 && isNumber(2)) return { score: 2, one: 0, two: 1 };
  throw new DatasetError(
    'its columns are not known: it wants a header with score, sentence1 and sentence2, in tabs, commas or JSON lines',
  );
}

function fromJsonLines(text: string): GradedPair[] {
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return [];
    let row: unknown;
    try {
      row = JSON.parse(line);
    } catch {
      throw new DatasetError(`line ${at + 1} is not a JSON object of its own`);
    }
    const entries = Object.entries(row ?? {}) as [string, unknown][];
    const value = (name: RegExp) => {
      const found = entries.find(([key]) => name.test(key))?.[1];
      return found === undefined ? undefined : String(found);
    };
    return [pairOf(value(SCORE), value(ONE), value(TWO), `line ${at + 1}`)];
  });
}

function pairOf(
  score: string | undefined,
  one: string | undefined,
  two: string | undefined,
  where: string,
): GradedPair {
  const grade = Number(score);
  if (score === undefined || score.trim() === '' || !Number.isFinite(grade)) {
    throw new DatasetError(`${where} has no score: '${(score ?? '').slice(0, 40)}'`);
  }
  if (!one?.trim() || !two?.trim()) throw new DatasetError(`${where} has no two texts`);
  return { score: grade, one: one.trim(), two: two.trim() };
}
