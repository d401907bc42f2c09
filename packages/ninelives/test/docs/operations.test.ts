import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { Command } from 'commander';
import { addCommands } from '../../src/cli/commands.js';
import { LOGGED, LOGGED_BESIDE } from '../../src/cli/log.js';
import { createTerminal } from '../../src/cli/terminal.js';
import { configJsonSchema } from '../../src/config/schema/json-schema.js';
import { ROOT } from '../house/source.js';

const FILE = join(ROOT, 'docs', 'operations.md');
const UPDATE = 'UPDATE_DOCS=1 npm test -- docs/operations';

interface Schema {
  description?: string;
  properties?: { [name: string]: Schema };
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  type?: string | string[];
}

it('docs/operations.md is what the command table and the schema say', () => {
  const current = `${[...head(), ...log(), ...commands(), ...settings()].join('\n')}\n`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, current);
  assert.equal(readFileSync(FILE, 'utf8'), current, `it is not; type  ${UPDATE}`);
});

function head(): string[] {
  return [
    '# Operations',
    '',
    `<!-- written from the command table and the schema; not by hand: ${UPDATE} -->`,
    '',
    'Every command exits 0 when fine, 1 when the answer is "unhealthy", 2 for usage or config, 3 for the environment, 70 for a bug.',
    'Times in the record are UTC. Everything that is kept lies under `--state DIR` (default: the XDG state folder, `ninelives`).',
    '',
    '| file there | is |',
    '| --- | --- |',
    '| `record.db` | the record: state, events, incidents, pages, samples, a row a minute |',
    '| `evidence/` | what a process was doing before it was killed |',
    '| `dashboard.token` | whoever can read it may act on the dashboard |',
    '| `reserve` | room that is given up on a full disk |',
    '| `lock.db`, `owner.json` | which process guards here |',
    '',
  ];
}

/** What `--json` of the resident commands writes, from the tables it is written by. */
function log(): string[] {
  return [
    '## Log',
    '',
    '`up`, `guard`, `watch` and `gateway` tell their story in lines for people; with `--json` each event is one line of JSON:',
    '',
    '| field | is |',
    '| --- | --- |',
    '| `time` | ISO 8601, UTC, with milliseconds |',
    '| `level` | `info`, `warn` or `error` |',
    '| `event` | its name, from the table below |',
    '| `service` | as in the config |',
    '| `incident` | the id, as in `incidents`, pages and the report |',
    '| `incarnation` | one life of the main process: `pid:start ticks:boot id` |',
    '| `text` | a sentence for people; everything else is stable |',
    '| `data` | facts of the event, such as `intentId` of a kill and the reason of a failed probe |',
    '',
    '| event | level | means |',
    '| --- | --- | --- |',
    ...Object.entries(LOGGED).map(([type, { level, means }]) => `| \`${type}\` | ${level} | ${means} |`),
    ...Object.entries(LOGGED_BESIDE).map(
      ([event, means]) => `| \`${event}\` | ${event === 'trouble' ? 'warn' : 'info'} | ${means} |`,
    ),
    '',
    'The gateway that `up` runs writes its own under `STATE/gateway/`. Nothing in any line is ever the text of a request.',
    '',
    '## Commands',
  ];
}

function commands(): string[] {
  const program = new Command('ninelives').enablePositionalOptions();
  const terminal = createTerminal(process.stdout, {});
  addCommands(program, {
    terminal,
    env: {},
    signal: new AbortController().signal,
    ask: null,
    exit: () => {},
  });
  return program.commands.flatMap((command) => [command, ...command.commands]).flatMap(commandLines);
}

function commandLines(command: Command): string[] {
  const parent = command.parent?.name() === 'ninelives' ? '' : `${command.parent?.name()} `;
  const args = command.registeredArguments.map((argument) => {
    const { required, variadic } = argument;
    const word = `${argument.name()}${variadic ? '…' : ''}`;
    return required ? ` <${word}>` : ` [${word}]`;
  });
  const lines = ['', `### ${parent}${command.name()}${args.join('')}`, '', sentence(command.description())];
  if (command.options.length === 0) return lines;
  const rows = command.options.map(({ flags, description, defaultValue }) => {
    const given = defaultValue === undefined || defaultValue === true ? '' : ` (default ${defaultValue})`;
    return `| \`${flags}\` | ${escaped(description)}${given} |`;
  });
  return [...lines, '', '| option | |', '| --- | --- |', ...rows];
}

function settings(): string[] {
  const rows = [...fields(configJsonSchema() as Schema, '')];
  return ['', '## ninelives.yaml', '', '| setting | |', '| --- | --- |', ...rows];
}

/** Each setting by its path, as it stands in the file; `[]` is one of a list. */
function* fields(schema: Schema, path: string): Generator<string> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const here = path === '' ? name : `${path}.${name}`;
    const text = field.description ?? '';
    const words = field.enum ? ` One of: ${field.enum.map(String).join(', ')}.` : '';
    if (text !== '' || words !== '') yield `| \`${here}\` | ${escaped(text + words)} |`;
    yield* fields(field, here);
    if (field.items) yield* fields(field.items, `${here}[]`);
    for (const branch of field.anyOf ?? []) yield* fields(branch, here);
  }
}

const escaped = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const sentence = (text: string) => (text === '' ? '' : `${text[0]?.toUpperCase()}${text.slice(1)}.`);
