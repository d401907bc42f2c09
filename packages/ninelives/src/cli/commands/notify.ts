import type { Config } from '../../config/service.js';
import { noticePage } from '../../core/page.js';
import { firstLine } from '../../notify/attend/attend.js';
import type { Delivery } from '../../notify/notifier.js';
import { createNotifier } from '../../notify/table.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import { span, type Terminal } from '../terminal.js';

export interface NotifyOptions {
  /** Only this notifier. */
  name: string | undefined;
  /** Really send. */
  test: boolean;
  json: boolean;
  /** Where the page says that it comes from. */
  host: string;
  wallMs: () => number;
  env: { [name: string]: string | undefined };
  signal: AbortSignal;
}

const LIMIT_MS = 30_000;

/** `notify`: who is told and when; `--test` really sends, past the outbox, and says what came back. */
export async function runNotify(
  config: Config,
  options: NotifyOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const { name, json } = options;
  const chosen = config.notifiers.filter((notifier) => name === undefined || notifier.name === name);
  if (chosen.length === 0) {
    const known = config.notifiers.map((notifier) => notifier.name).join(', ') || 'none';
    const why =
      name === undefined ? 'nobody would be told: no notifier is configured' : `no notifier ${name}`;
    throw new CliError(
      `${why}; known: ${known}`,
      EXIT.usage,
      'add  notify:  to ninelives.yaml, see docs/notifiers.md',
    );
  }
  if (!options.test) {
    for (const notifier of chosen) {
      const route = routeOf(config, notifier.name);
      if (json) terminal.out(JSON.stringify({ name: notifier.name, type: notifier.type, route }));
      else terminal.out(`${terminal.style('bold', notifier.name)}  ${notifier.type}, ${route}`);
    }
    if (!json) terminal.out('try them: ninelives notify --test');
    return EXIT.fine;
  }
  let fine = true;
  for (const notifier of chosen) {
    const startedWallMs = options.wallMs();
    const delivery = await sendTest(config, notifier, options);
    const took = span(options.wallMs() - startedWallMs);
    fine &&= delivery.outcome === 'accepted';
    if (json) terminal.out(JSON.stringify({ name: notifier.name, type: notifier.type, ...delivery }));
    else terminal.out(`${terminal.style('bold', notifier.name)}  ${wordsOf(delivery, terminal)} (${took})`);
  }
  return fine ? EXIT.fine : EXIT.unhealthy;
}

function sendTest(
  config: Config,
  settings: Config['notifiers'][number],
  { host, env, wallMs, signal }: NotifyOptions,
): Promise<Delivery> {
  const { runbook } = config;
  const now = wallMs();
  const body = [
    'What: a test; nothing is wrong',
    'Now:  nothing; when something is wrong, it will look like this',
  ].join('\n');
  const page = noticePage('ninelives', `test-${now}`, `a test from ${host}`, body, now, 'a-test');
  const notifier = createNotifier(settings, { env, wallMs, runbook });
  return notifier.deliver(page, AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]));
}

function wordsOf(delivery: Delivery, terminal: Terminal): string {
  switch (delivery.outcome) {
    case 'accepted':
      return `${terminal.style('green', 'accepted')}: look whether it arrived`;
    case 'retry':
      return `${terminal.style('yellow', 'not now')}: ${delivery.error}; a page would be tried again`;
    case 'refused':
      return `${terminal.style('red', 'refused')}: ${delivery.error}; mend it, no page would arrive`;
  }
}

function routeOf({ notifiers, paging }: Config, name: string): string {
  const names = notifiers.map((notifier) => notifier.name);
  const { afterMs = null, fallback = [] } = paging.routes[name] ?? {};
  const before = names.filter((other) => paging.routes[other]?.fallback.includes(name));
  const when = firstLine(names, paging).includes(name)
    ? 'told at once'
    : afterMs === null
      ? `what ${before.join(' or ')} can not deliver`
      : `told after ${span(afterMs)} without an acknowledgement`;
  return fallback.length === 0 ? when : `${when}; falls back to ${fallback.join(', then ')}`;
}
