import type { Config } from '../../config/service.js';
import { beginPass } from '../../daemon/hearts.js';
import { openHouse } from '../../daemon/house.js';
import { makeWay } from '../../daemon/make-way.js';
import { runWatch } from '../../daemon/watch.js';
import { isHeart } from '../../heartbeat/step.js';
import { wallMs } from '../../host/clock.js';
import { createSdNotify } from '../../host/sd-notify.js';
import { systemClock } from '../../host/system-clock.js';
import { notifiersOf } from '../../layers/telling.js';
import { createOutbox } from '../../notify/outbox.js';
import type { WatchDecision } from '../../watch/step.js';
import { EXIT, type ExitCode } from '../errors.js';
import { eventEntry, troubleTeller } from '../log.js';
import { storyLine } from '../story.js';
import type { Terminal } from '../terminal.js';

export interface WatchCommandOptions {
  config: Config;
  stateDir: string;
  once: boolean;
  json: boolean;
  env: { [name: string]: string | undefined };
  signal: AbortSignal;
}

/** One pass: three looks at the longest deadline, and what lies between them. */
const PASS_LIMIT_MS = 10 * 60_000;
const LAST_PAGES_MS = 10_000;

/** `watch`: the outer layer in the foreground, its story on the terminal, quiet when all is well. */
export async function runWatchCommand(options: WatchCommandOptions, terminal: Terminal): Promise<ExitCode> {
  const { config, stateDir, once } = options;
  const layer = config.outer.layer ?? 'lan';
  if (once) {
    const other = await makeWay(stateDir, wallMs(), PASS_LIMIT_MS);
    if (other !== null) {
      terminal.out(`nothing to do: ${other.command} (pid ${other.pid}) watches here already`);
      return EXIT.fine;
    }
  }
  const onTrouble = troubleTeller(terminal, options.json, wallMs);
  const told = { ...config, notifiers: notifiersOf(config, layer) };
  const house = openHouse(stateDir, told, options.env);
  const systemd = createSdNotify(options.env);
  const outbox = createOutbox({
    record: house.record,
    notifiers: house.notifiers,
    // Of services it reminds by itself: watch.remind.
    paging: { ...config.paging, reminds: isHeart },
    onTrouble,
    clock: systemClock,
    random: Math.random,
    onGaveUp: ({ page, notifier }, error) =>
      onTrouble(`page "${page.title}" was not delivered through ${notifier}, given up: ${error}`),
  });
  systemd.ready();
  const pass = once ? beginPass(config.heartbeats, layer) : null;
  try {
    const signal = once
      ? AbortSignal.any([options.signal, AbortSignal.timeout(PASS_LIMIT_MS)])
      : options.signal;
    const onDecision = narrator(config, options.json, terminal);
    const serving = await runWatch({
      config,
      house,
      outbox,
      layer,
      once,
      onDecision,
      onRound: systemd.alive,
      onTrouble,
      signal,
    });
    await pass?.end(!signal.aborted);
    return !once || serving ? EXIT.fine : EXIT.unhealthy;
  } finally {
    systemd.stop();
    await Promise.race([outbox.drain(), new Promise((done) => setTimeout(done, LAST_PAGES_MS).unref())]);
    await outbox.stop();
    house.close();
  }
}

function narrator(config: Config, json: boolean, terminal: Terminal) {
  const several = config.services.length > 1;
  const greeted = new Set<string>();
  return (service: string, { events, state }: WatchDecision) => {
    for (const event of events) {
      if (json) terminal.out(JSON.stringify(eventEntry(service, event)));
      else {
        const line = storyLine(event, terminal, several ? `${service}  ` : '');
        if (line) terminal.out(line);
      }
    }
    if (json || greeted.has(service)) return;
    greeted.add(service);
    terminal.out(`${terminal.style('bold', service)} seen from ${state.layer}: ${state.verdict.sentence}`);
  };
}
