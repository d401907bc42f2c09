import { setTimeout as sleep } from 'node:timers/promises';
import type { Config, ServiceConfig } from '../../config/service.js';
import { lockOwner } from '../../host/lock.js';
import { runDrillOn } from '../commands/drill.js';
import { CliError, EXIT } from '../errors.js';
import { isProved, knownState } from '../proof.js';
import type { Terminal } from '../terminal.js';

/** A model may load for minutes; a service that does not serve by then is not steady, and the drill will say so. */
const SERVING_WITHIN_MS = 5 * 60_000;
const LOOK_EVERY_MS = 200;

export interface DrillOffer {
  config: Config;
  stateDir: string;
  /** What names the service for a later command: `--config FILE`, or `--unit NAME …`. */
  flags: string[];
  /** `--drill`: without asking. */
  drill: boolean;
  /** Null where nobody is there to answer. */
  ask: ((question: string) => Promise<string>) | null;
  by: string;
  env: { [name: string]: string | undefined };
  signal: AbortSignal;
}

/**
 * The end of `install`: whose recovery is not proved is offered the drill, and said in red to be unarmed.
 * @returns the names of those that are only watched
 */
export async function offerDrill(offer: DrillOffer, terminal: Terminal): Promise<string[]> {
  const { config, stateDir, flags } = offer;
  const unproved = () =>
    config.services.filter(({ name, source }) => source.type === 'unit' && !isProved(stateDir, name));
  for (const service of unproved()) {
    const wanted = offer.drill || (await accepts(service, offer));
    if (wanted) await drillNow(service, offer, terminal);
  }
  const unarmed = unproved();
  for (const { name } of unarmed) {
    const warning = `NOT ARMED: ${name} is only watched until the recovery of its unit is proved`;
    terminal.out(terminal.style('red', warning));
    const which = config.services.length > 1 ? ['--service', name] : [];
    const words = ['ninelives', 'drill', 'crash', ...which, ...flags, '--state', stateDir];
    terminal.out(`  next: ${words.join(' ')}   (kills it once, as you watch)`);
  }
  if (unarmed.length === 0) terminal.out(`  next: ninelives status --state ${stateDir}`);
  return unarmed.map(({ name }) => name);
}

async function accepts({ name }: ServiceConfig, { ask }: DrillOffer): Promise<boolean> {
  if (ask === null) return false;
  const question = `Prove the recovery of ${name} now: one SIGKILL, its unit starts it again, you watch? [y/N] `;
  return /^y(es)?$/i.test((await ask(question)).trim());
}

/** What goes wrong here is said and leaves it unarmed: what was installed stands. */
async function drillNow(service: ServiceConfig, offer: DrillOffer, terminal: Terminal): Promise<void> {
  const { config, stateDir, env, by, signal } = offer;
  await untilServing(service.name, stateDir, signal);
  const options = { fault: 'crash', stateDir, service: service.name, json: false, by, limitMs: undefined };
  try {
    const how = { ...options, force: false, really: false };
    await runDrillOn({ config, stateDir, env }, how, terminal, signal);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    terminal.err(`ninelives: ${error.message}`);
    if (error.hint && error.exit !== EXIT.bug) terminal.err(`  next: ${error.hint}`);
  }
}

/** The guard that was just installed looks for the first time. Without a resident one the drill brings its own. */
async function untilServing(service: string, stateDir: string, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; waitedMs < SERVING_WITHIN_MS && lockOwner(stateDir) !== null; ) {
    if (signal.aborted || knownState(stateDir, service)?.verdict.kind === 'serving') return;
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
    waitedMs += LOOK_EVERY_MS;
  }
}
