import { performDrill } from '../../drill/drill.js';
import { wedge } from '../../drill/faults/wedge.js';
import type { DrillReport } from '../../drill/report.js';
import { monotonicMs, sleep } from '../../host/clock.js';
import { askHealth, askWork } from '../demo/client.js';
import { type DemoHouse, openDemoHouse } from '../demo/house.js';
import { createShow, type Show } from '../demo/show.js';
import { clientsLine, closingLine, createStage, failedOf, type Stage, takeNews } from '../demo/stage.js';
import { timesLine } from '../drill/lines.js';
import { createDrillPorts } from '../drill/ports.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import type { Terminal } from '../terminal.js';

export interface DemoOptions {
  env: { [name: string]: string | undefined };
  /** The terminal's size now; null where lines are only to be added (no terminal, NO_COLOR, TERM=dumb). */
  size: () => { columns: number; rows: number } | null;
}

/** A look at the calm before, and at the calm after. */
const CALM_MS = 2_000;

/**
 * `demo`: a real model of its own, frozen, judged, killed and revived before your eyes; then all is put back.
 * Nothing else that runs on this machine is touched. Exit 0 when it came back as it should.
 * @throws CliError when the model did not start
 */
export async function runDemo(
  options: DemoOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const stage = createStage(monotonicMs());
  const house = await openDemoHouse(options.env);
  const show = createShow(stage, options.size, terminal);
  const asking = new AbortController();
  let report: DrillReport;
  try {
    report = await perform({ house, stage, show, asking: asking.signal, signal });
  } finally {
    asking.abort();
    show.end();
    await house.close();
  }
  terminal.out('');
  const times = timesLine(report.times);
  if (times !== '') terminal.out(times);
  terminal.out(closingLine(report));
  if (report.interrupted) return EXIT.unhealthy;
  terminal.out(terminal.style('bold', clientsLine(stage)));
  return report.passed && failedOf(stage.held) === 0 ? EXIT.fine : EXIT.unhealthy;
}

async function perform(play: {
  house: DemoHouse;
  stage: Stage;
  show: Show;
  asking: AbortSignal;
  signal: AbortSignal;
}): Promise<DrillReport> {
  const { house, stage, show, asking, signal } = play;
  const { record, config } = await house.serving(signal);
  stage.url = house.url;
  stage.act = 'well';
  void askHealth(house.url, stage.health, asking);
  void askWork(house.url, stage.work, asking);
  void askWork(house.gatewayUrl, stage.held, asking);
  await sleep(CALM_MS, signal);
  const report = await performDrill(
    wedge,
    { config, force: true, ownTraffic: true, really: false, limitMs: null, by: 'demo' },
    createDrillPorts(config, record, { stateDir: house.stateDir, by: 'demo' }),
    (news) => {
      takeNews(stage, news);
      show.news(news);
    },
    signal,
  );
  if ('refused' in report) throw new CliError(report.why.join('; '), EXIT.environment, report.hint);
  await sleep(CALM_MS, signal);
  if (report.restored) stage.act = 'over';
  return report;
}
