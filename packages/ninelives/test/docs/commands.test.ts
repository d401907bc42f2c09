import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Command, CommanderError } from 'commander';
import { addCommands } from '../../src/cli/commands.js';
import { createTerminal } from '../../src/cli/terminal.js';
import { STAND_INS, serve } from '../discover/stand-ins.js';
import { BIN } from '../e2e/box.js';
import { ROOT } from '../house/source.js';

/** One command as a page of ours tells somebody to type it. */
interface Told {
  page: string;
  line: string;
  words: string[];
}

const DOCS = join(ROOT, 'docs');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
/** Some words of the docs are no commands: `ninelives watch` in a sentence is one, `ninelives` alone is a name. */
const COMMAND = /^(?:\$ )?(?:npx --no-install )?(ninelives|npm|npm run) (.+)$/;

const told = PAGES.flatMap(commandsOf);

describe('what the pages tell to type', () => {
  it('is found', () => {
    assert.ok(told.length > 50, `${told.length} commands`);
    for (const page of ['README.md', 'docs/runbook.md', 'docs/guides/vllm.md'])
      assert.ok(told.some((one) => one.page === page));
  });

  it('parses by the real command table: no command, flag or argument that there is not', () => {
    for (const { page, line, words } of told.filter(({ words: [first] }) => first === 'ninelives')) {
      assert.equal(complaintOf(words.slice(1)), null, `${page}: ${line}`);
    }
    assert.match(complaintOf(['status', '--htm', 'x']) ?? '', /unknown option/, 'this test can fail');
    assert.match(complaintOf(['guards']) ?? '', /unknown command/);
    assert.match(complaintOf(['status', 'more']) ?? '', /too many arguments/);
  });

  it('is a script of the workspace where it is npm', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: { [name: string]: string };
    };
    const own = new Set([...Object.keys(scripts), 'install']);
    for (const { page, line, words } of told.filter(({ words: [first] }) => first === 'npm')) {
      const [, first = '', second = ''] = words;
      assert.ok(own.has(first === 'run' ? second : first), `${page}: ${line}`);
    }
  });

  it('and can be run, where that needs no service: help of every command, export, init, layers, probe', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'ninelives-docs-'));
    const server = await serve(STAND_INS.fastapi);
    t.after(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });
    const guide = readFileSync(join(DOCS, 'guides', 'fastapi.md'), 'utf8');
    const yaml = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
    writeFileSync(join(folder, 'ninelives.yaml'), yaml.replace('port: 8000', `port: ${server.port}`));
    const expected: [code: number, says: RegExp, words: string[]][] = [
      [0, /Commands:[\s\S]*up[\s\S]*rehearse/, ['--help']],
      [0, /right|answered/, ['probe']],
      [1, /nobody/i, ['layers']],
      [0, /alert: NinelivesIncident/, ['export', 'prometheus']],
      [0, /services:/, ['init', '--print', '--url', `http://127.0.0.1:${server.port}`]],
      [0, /wedge/, ['drill', '--list']],
      [3, /there is no record[\s\S]*next:/, ['status', '--state', join(folder, 'none')]],
    ];
    for (const [code, says, words] of expected) {
      const ran = await run(folder, words);
      assert.equal(ran.code, code, `${words.join(' ')}: ${ran.said}`);
      assert.match(ran.said, says, words.join(' '));
    }
  });
});

/** Fenced lines, and what stands between backticks in a sentence. */
function commandsOf(page: string): Told[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const fenced = [...text.matchAll(/^```(?:sh|console)?\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.split('\n'),
  );
  const inline = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  );
  return [...fenced, ...inline].flatMap((line) => {
    const bare = line.split(/\s#\s/)[0]?.trim() ?? '';
    const [, program, rest] = COMMAND.exec(bare) ?? [];
    if (program === undefined || rest === undefined || rest.includes('…')) return [];
    return [{ page, line: bare, words: `${program} ${rest}`.replaceAll(/[[\]]/g, '').split(/\s+/) }];
  });
}

/** What the command table says against it; null: nothing. No action is run. */
function complaintOf(argv: string[]): string | null {
  const program = new Command('ninelives').enablePositionalOptions();
  addCommands(program, {
    terminal: createTerminal(process.stdout, {}),
    env: {},
    signal: new AbortController().signal,
    ask: null,
    exit: () => {},
  });
  for (const command of [program, ...program.commands, ...program.commands.flatMap((one) => one.commands)]) {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    if (command !== program) command.action(() => {}); // `export`, too, which acts and has commands below it
  }
  try {
    program.parse(argv, { from: 'user' });
    return null;
  } catch (error) {
    if (error instanceof CommanderError) return error.message;
    throw error;
  }
}

function run(cwd: string, words: string[]): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [BIN, ...words], { cwd, timeout: 120_000 }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? -1) : 0, said: stdout + stderr });
    });
  });
}
