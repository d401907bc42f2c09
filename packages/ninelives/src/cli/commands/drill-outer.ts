import type { Config } from '../../config/service.js';
import { guardLayer } from '../../daemon/run.js';
import { type OuterPorts, performOuterDrill, SLACK_MS } from '../../drill/outer/perform.js';
import type { Arrival, Expected } from '../../drill/outer/report.js';
import type { OuterDrill } from '../../drill/outer/table.js';
import { newUuid } from '../../host/chance.js';
import { sleep, wallMs } from '../../host/clock.js';
import { defencesOf } from '../../layers/defence.js';
import { foretell, rowOf } from '../../layers/foretell.js';
import { matrixOf } from '../../layers/matrix.js';
import type { GuardRecord } from '../../record/record.js';
import { watchStateOf } from '../../watch/kept.js';
import { type ArrivalSources, canSee, createArrivals } from '../drill/arrivals.js';
import { type OuterCut, realCut } from '../drill/outer-cut.js';
import { outerClosing, outerLine } from '../drill/outer-lines.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import type { Terminal } from '../terminal.js';

export interface OuterCommandOptions {
  drill: OuterDrill;
  config: Config;
  stateDir: string;
  /** Of this folder; null where no layer keeps one here. */
  record: GuardRecord | null;
  service: string | undefined;
  json: boolean;
  limitMs: number | undefined;
  by: string;
  ask: ((question: string, signal?: AbortSignal) => Promise<string>) | null;
}

/**
 * `drill host-down|tunnel-down|site-dark|watcher-dead`: for real where it can be done from here, else a rehearsal that asks a
 * person; what arrives is compared with what  ninelives layers  foretells. Exit 0 as foretold, 1 not.
 * @throws CliError when the config says too little; nothing was done then
 */
export async function runOuterDrill(
  options: OuterCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { drill, config, record, stateDir, json } = options;
  const { service, expected } = foretoldFor(options);
  const drillId = `${drill.name}-${newUuid().slice(0, 8)}`;
  const limitMs = options.limitMs ?? null;
  const forMs = (limitMs ?? Math.max(0, ...expected.map(({ worstMs }) => worstMs ?? 0))) + 2 * SLACK_MS;
  const place = { config, stateDir, service, drillId, forMs, by: options.by };
  const real = record && realCut(drill, { ...place, record });
  // Told on standard error, so that --json stays one object.
  const say = (text: string) => (json ? terminal.err(text) : terminal.out(text));
  const person = options.ask === null ? null : createPerson(options.ask, signal);
  const sources = sourcesOf(options, service);
  const read = createArrivals(sources);
  const ports: OuterPorts = {
    clock: { wallMs, sleep },
    arrivals: async (since) => [...(await read(since)), ...(person?.said() ?? [])],
    canSee: (expected) => canSee(sources, expected),
    person: person !== null,
    ...(real ?? askedFor(drill, person, say)),
    ...(real && person ? { cut: () => thenListen(real, person) } : {}),
  };
  const mode = real ? 'real' : 'rehearsal';
  try {
    const report = await performOuterDrill(
      { drill, drillId, service, mode, expected, limitMs },
      ports,
      (news) => {
        if (!json) terminal.out(outerLine(news, terminal));
      },
      signal,
    );
    if (json) terminal.out(JSON.stringify(report));
    else for (const line of outerClosing(report, drill.expects, terminal)) terminal.out(line);
    return report.passed ? EXIT.fine : EXIT.unhealthy;
  } finally {
    person?.leave();
  }
}

/** What the matrix says of that failure, of the one service that is meant. */
function foretoldFor({ drill, config, service: wanted }: OuterCommandOptions): {
  service: string;
  expected: Expected[];
} {
  const defences = defencesOf(config);
  const defence =
    wanted === undefined && defences.length === 1
      ? defences[0]
      : defences.find(({ service }) => service.name === wanted);
  if (!defence) {
    const names = defences.map(({ service }) => service.name).join(', ');
    throw new CliError(
      `which service? there are ${names}`,
      EXIT.usage,
      `--service ${defences[0]?.service.name}`,
    );
  }
  const { domains, name } = defence.service;
  const { failure } = drill;
  const watcher = config.outer.layer ?? defence.layers.find(({ kind }) => kind === 'watch')?.name ?? 'lan';
  const named = {
    tunnel: null,
    layer: watcher,
    host: domains.host?.[0] ?? '',
    power: domains.power?.[0] ?? domains.site?.[0] ?? '',
  }[failure];
  const kind = failure === 'power' && domains.power === undefined ? 'site' : failure;
  const row = rowOf(matrixOf(defence), kind, named);
  if (!row) {
    const why =
      failure === 'layer'
        ? 'no layer of kind watch'
        : failure === 'tunnel'
          ? 'no public way'
          : `no ${failure}`;
    throw new CliError(
      `${drill.name} was not done: ninelives.yaml names ${why} of ${name}, so nothing can be foretold`,
      EXIT.usage,
      'add it (public, domains, layers), and see  ninelives layers',
    );
  }
  return { service: name, expected: foretell(row) };
}

function sourcesOf({ config, record }: OuterCommandOptions, service: string): ArrivalSources {
  const guard = guardLayer(config);
  const watches = record?.services().some((name) => {
    const state = record.load(name)?.state;
    return state !== undefined && watchStateOf(state) !== null;
  });
  const tunnels = config.services.filter(({ outer }) => outer.tunnel?.of === service).map(({ name }) => name);
  return {
    record,
    guard,
    here: watches ? (config.outer.layer ?? 'lan') : guard,
    services: [service, ...tunnels],
    notifiers: config.notifiers,
    wallMs,
  };
}

/** Somebody at the terminal, whose Enter means that a page has come. */
function createPerson(ask: NonNullable<OuterCommandOptions['ask']>, signal: AbortSignal) {
  const left = new AbortController();
  const gone = AbortSignal.any([left.signal, signal]);
  const pressed: Arrival[] = [];
  return {
    ask: (question: string) => ask(question, gone),
    said: () => pressed,
    leave: () => left.abort(),
    /** In the background, until `leave`. */
    async listen(): Promise<void> {
      while (!gone.aborted) {
        await ask('', gone);
        if (gone.aborted) return;
        const title = 'a page, says whoever sits here';
        pressed.push({
          wallMs: wallMs(),
          layer: null,
          about: 'other',
          of: null,
          through: 'you',
          title,
          end: false,
        });
      }
    },
  };
}

type Person = ReturnType<typeof createPerson>;

async function thenListen(real: OuterCut, person: Person): Promise<string> {
  const words = await real.cut();
  void person.listen();
  return words;
}

/** A rehearsal: a person does it, or, where nobody sits here, is told to, and the clock runs. */
function askedFor(drill: OuterDrill, person: Person | null, say: (text: string) => void): OuterCut {
  const { cut, mend } = drill.ask;
  return {
    async cut() {
      if (person === null) {
        say(`${cut}: the clock runs`);
        return `asked to ${cut}`;
      }
      await person.ask(`${cut}, and press Enter `);
      say('press Enter at each page that reaches you');
      void person.listen();
      return `a person was asked to ${cut}`;
    },
    async mend() {
      say(mend);
      return `a person was asked to ${mend}`;
    },
    isOver: () => false,
  };
}
