import type { DrillNews, DrillReport, TimelineRow } from '../../drill/report.js';
import { cheapWords } from '../drill/lines.js';
import { span } from '../terminal.js';
import type { Column, DemoView, Mood } from './view.js';

const STRIP_MAX = 240;

/** One thing that is asked again and again. */
export interface Question {
  /** Monotonic ms at which the one now under way began; null between two. */
  askedAtMs: number | null;
  asked: number;
  right: number;
  last: { right: boolean; text: string } | null;
  strip: Mood[];
}

/** All that the demo knows; changed by what happens, shown by `viewOf`. */
export interface Stage {
  startedAtMs: number;
  url: string | null;
  act: 'starting' | 'well' | 'frozen' | 'killed' | 'back' | 'over';
  /** "SIGSTOP to 4718" */
  injected: string | null;
  health: Question;
  /** Real work, asked of the server itself. */
  work: Question;
  /** The same, asked through the gateway. */
  held: Question;
  story: TimelineRow[];
}

export function createStage(startedAtMs: number): Stage {
  const question = (): Question => ({ askedAtMs: null, asked: 0, right: 0, last: null, strip: [] });
  return {
    startedAtMs,
    url: null,
    act: 'starting',
    injected: null,
    health: question(),
    work: question(),
    held: question(),
    story: [],
  };
}

/** Notes what the drill tells. */
export function takeNews(stage: Stage, news: DrillNews): void {
  if (news.type !== 'row') return;
  const { row } = news;
  stage.story.push(row);
  if (row.type === 'injected') {
    stage.act = 'frozen';
    stage.injected = row.text;
  }
  if (row.type === 'kill') stage.act = 'killed';
  if (row.type === 'serving' || row.type === 'restored') stage.act = 'back';
}

export function ask(question: Question, atMs: number): void {
  question.asked += 1;
  question.askedAtMs = atMs;
}

export function answer(question: Question, right: boolean, text: string): void {
  question.askedAtMs = null;
  question.last = { right, text };
  if (right) question.right += 1;
}

/** Half a second has passed: one cell more on both strips. */
export function tick(stage: Stage, nowMs: number): void {
  for (const question of [stage.health, stage.work, stage.held]) {
    question.strip = [...question.strip, moodOf(question, nowMs)].slice(-STRIP_MAX);
  }
}

/** A question that has waited for longer than any healthy answer takes is what the demo is about. */
const WAITING_MS = 400;

function moodOf({ askedAtMs, last }: Question, nowMs: number): Mood {
  if (askedAtMs !== null && nowMs - askedAtMs >= WAITING_MS) return 'waiting';
  if (last === null) return 'idle';
  return last.right ? 'right' : 'lost';
}

export function nowWords(question: Question, nowMs: number): string {
  if (moodOf(question, nowMs) === 'waiting')
    return `waiting ${span(nowMs - (question.askedAtMs ?? nowMs))} …`;
  return question.last?.text ?? 'not asked yet';
}

const CAPTIONS: { [act in Stage['act']]: string } = {
  starting: 'Starting a real embedding model and its guard (a first start downloads the model) …',
  well: 'All is well. Beside you, the guard asks the model a real question every 2 s.',
  frozen: 'The engine is frozen. The server still says 200 at once; real work waits, at the gateway too.',
  killed: 'Killed by its own user. SIGKILL is no clean end, so Restart=on-failure starts it again.',
  back: 'Real work again, from a new process; what the gateway held was answered by it.',
  over: 'Done, and everything is put back.',
};

export function captionOf({ act, injected }: Stage): string {
  return CAPTIONS[act].replace('frozen.', `frozen now: ${injected}.`);
}

const CAPTION_STYLES = {
  starting: 'dim',
  well: 'green',
  frozen: 'yellow',
  killed: 'red',
  back: 'green',
  over: 'green',
} as const;

export function viewOf(stage: Stage, nowMs: number): DemoView {
  const { url, act, story } = stage;
  return {
    url,
    elapsedMs: nowMs - stage.startedAtMs,
    caption: captionOf(stage),
    captionStyle: CAPTION_STYLES[act],
    columns: [
      column(stage.health, nowMs, 'GET /health', 'what most monitors ask', 'said 200'),
      column(stage.work, nowMs, 'POST /v1/embeddings', 'a client of the server', 'answered'),
      column(stage.held, nowMs, 'POST through the gateway', 'a client of ninelives', 'answered'),
    ],
    story,
  };
}

function column(
  question: Question,
  nowMs: number,
  title: string,
  subtitle: string,
  rightWords: string,
): Column {
  const { asked, right, strip } = question;
  const under = question.askedAtMs === null ? 0 : 1;
  const lost = failedOf(question);
  return {
    title,
    subtitle,
    now: nowWords(question, nowMs),
    mood: moodOf(question, nowMs),
    strip,
    tally:
      asked === 0 ? '' : `${asked - under} asked, ${lost > 0 ? `${lost} failed` : `${right} ${rightWords}`}`,
  };
}

/** How many of its questions came back without a right answer; one still under way is none of them. */
export function failedOf({ asked, right, askedAtMs }: Question): number {
  return asked - (askedAtMs === null ? 0 : 1) - right;
}

/** The punch line: what clients saw of all this. */
export function clientsLine({ held, work }: Pick<Stage, 'held' | 'work'>): string {
  const ended = (question: Question) => question.asked - (question.askedAtMs === null ? 0 : 1);
  const without = `without it ${failedOf(work)} of ${ended(work)} failed`;
  return `${failedOf(held)} of ${ended(held)} calls failed through the gateway; ${without}`;
}

/** What was proved, in one sentence. */
export function closingLine(report: DrillReport): string {
  const health = report.cheap.find((tally) => tally.path === '/health');
  const always = health && health.statuses['200'] === health.asked;
  const said = always
    ? `/health said 200 all the while (${health.asked} times)`
    : report.cheap.map(cheapWords).join(', ');
  if (report.interrupted) {
    return report.restored
      ? 'Stopped early; everything is put back.'
      : `Stopped early: ${report.why.join('; ')}.`;
  }
  const { outageMs } = report.times;
  if (!report.passed || outageMs === null) return `Not as it should be: ${report.why.join('; ')}.`;
  return `${said}; real work was back after ${span(outageMs)}; killed: pid ${report.oldPid}; nothing needed root.`;
}
