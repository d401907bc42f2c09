import type { DrillNews } from '../../drill/report.js';
import { monotonicMs } from '../../host/clock.js';
import { rowLine } from '../drill/lines.js';
import type { Terminal } from '../terminal.js';
import { createScreen } from './screen.js';
import { captionOf, nowWords, type Stage, tick, viewOf } from './stage.js';
import { demoLines } from './view.js';

/** Shows the stage while things happen on it. */
export interface Show {
  news(news: DrillNews): void;
  end(): void;
}

const FRAME_MS = 100;
const TICK_MS = 500;
const PLAIN_EVERY_MS = 2_000;

/** @param size of the terminal now; null where the output is none, or wants no drawing */
export function createShow(
  stage: Stage,
  size: () => { columns: number; rows: number } | null,
  terminal: Terminal,
): Show {
  return size() === null ? plainShow(stage, terminal) : liveShow(stage, size, terminal);
}

function liveShow(
  stage: Stage,
  size: () => { columns: number; rows: number } | null,
  terminal: Terminal,
): Show {
  const screen = createScreen(terminal);
  const draw = (rowsMax = Number.POSITIVE_INFINITY) => {
    const now = size();
    if (now) screen.draw(demoLines(viewOf(stage, monotonicMs()), { ...now, rows: rowsMax }));
  };
  const drawWithin = () => draw(size()?.rows);
  const ticks = setInterval(() => tick(stage, monotonicMs()), TICK_MS);
  const frames = setInterval(drawWithin, FRAME_MS);
  drawWithin();
  return {
    news: drawWithin,
    end() {
      clearInterval(ticks);
      clearInterval(frames);
      draw(); // the whole of it: from now on it may scroll
      screen.end();
    },
  };
}

/** Lines that are only ever added, for a log, a pipe, or a terminal that wants it so. */
function plainShow(stage: Stage, terminal: Terminal): Show {
  let act: Stage['act'] | null = null;
  const sayAct = () => {
    if (stage.act === act) return;
    act = stage.act;
    terminal.out(captionOf(stage));
  };
  const sayNow = () => {
    sayAct();
    if (stage.health.asked === 0) return;
    const now = monotonicMs();
    const words = [stage.health, stage.work, stage.held].map((question) => nowWords(question, now));
    terminal.out(`  /health ${words[0]} | inference: ${words[1]} | through the gateway: ${words[2]}`);
  };
  const timer = setInterval(sayNow, PLAIN_EVERY_MS);
  sayAct();
  return {
    news(news) {
      if (news.type === 'row') terminal.out(rowLine(news.row, terminal));
      sayAct();
    },
    end() {
      clearInterval(timer);
      sayNow();
    },
  };
}
