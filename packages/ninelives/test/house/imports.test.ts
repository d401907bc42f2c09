import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { mayUseTypes, ROOMS } from './rooms.js';
import { ROOT, type SourceFile, shippedSources, typeImports } from './source.js';

const INSIDE = 'packages/ninelives/dist/src/';

/** The table as dependency-cruiser's rules, over compiled code, where only values are left of the imports. */
function rules(): IForbiddenRuleType[] {
  const rooms = Object.entries(ROOMS).flatMap(([room, { values, node, packages }]): IForbiddenRuleType[] => {
    const from = { path: `^${INSIDE}${room}/` };
    const allowed = [
      `${room}/`,
      ...values.map((entry) => (entry.includes('/') ? `${entry}\\.js$` : `${entry}/`)),
    ];
    const npm = packages.length === 0 ? {} : { pathNot: `^node_modules/(${packages.join('|')})/` };
    const builtIn = {
      name: `${room}: no node: modules`,
      severity: 'error',
      from,
      to: { dependencyTypes: ['core'] },
    } as const;
    return [
      {
        name: `${room}: only ${[room, ...values].join(', ')}`,
        severity: 'error',
        from,
        to: { path: `^${INSIDE}`, pathNot: `^${INSIDE}(${allowed.join('|')})` },
      },
      {
        name: `${room}: of npm only ${packages.join(', ') || 'nothing'}`,
        severity: 'error',
        from,
        to: { path: '^node_modules/', ...npm },
      },
      ...(node ? [] : [builtIn as unknown as IForbiddenRuleType]),
    ];
  });
  return [
    ...rooms,
    { name: 'no cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'it resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'the tool never imports the embedder',
      severity: 'error',
      from: { path: '^packages/ninelives/' },
      to: { path: '^packages/embedder/' },
    },
    {
      name: 'the embedder never imports the tool',
      severity: 'error',
      from: { path: '^packages/embedder/' },
      to: { path: '^packages/ninelives/' },
    },
    {
      name: 'only what package.json names, and nothing that only tests have',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-dev', 'npm-unknown'] },
    },
  ];
}

async function brokenRules(root: string): Promise<string[]> {
  const { output } = await cruise(['packages/ninelives/dist/src', 'packages/embedder/dist/src'], {
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: rules() },
    exclude: { path: '\\.test\\.js$' },
    doNotFollow: { path: 'node_modules' },
    moduleSystems: ['es6'],
    combinedDependencies: true,
  });
  const { summary, modules } = output as ICruiseResult;
  assert.ok(modules.length > 0, 'nothing was cruised');
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

function brokenTypeRules(files: SourceFile[]): string[] {
  const inside = /^packages\/ninelives\/src\/(.*)$/;
  return files.flatMap(typeImports).flatMap(({ from, to }) => {
    const room = inside.exec(from)?.[1]?.split('/')[0];
    const target = inside.exec(to)?.[1];
    if (room === undefined)
      return target === undefined ? [] : [`the embedder never imports the tool: ${from} → ${to}`];
    if (!(room in ROOMS)) return [`${from}: a room that rooms.ts doesn't know`];
    if (target !== undefined)
      return mayUseTypes(room, target) ? [] : [`${room}: not even types: ${from} → ${to}`];
    if (to.startsWith('packages/') || to.startsWith('@ninelives/'))
      return [`the tool never imports the embedder: ${from}`];
    const node = to.startsWith('node:');
    const known = node ? ROOMS[room]?.node : ROOMS[room]?.packages.includes(to);
    return known ? [] : [`${room}: not even types: ${from} → ${to}`];
  });
}

describe('who imports whom', () => {
  it('values, as compiled', async () => {
    assert.deepEqual(await brokenRules(ROOT), []);
  });

  it('types, as written', () => {
    assert.deepEqual(brokenTypeRules(shippedSources()), []);
  });

  it('every rule catches what it forbids', async () => {
    const root = mkdtempSync(join(tmpdir(), 'ninelives-house-'));
    try {
      await provesRules(root);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it('type rules catch what they forbid', () => {
    const broken = (path: string, line: string) =>
      brokenTypeRules([{ path: `packages/${path}`, text: `${line}\n` }]).length;
    assert.equal(broken('ninelives/src/core/a.ts', "import type { A } from '../probe/probe.js';"), 1);
    assert.equal(broken('ninelives/src/core/a.ts', "import { type A, b } from '../probe/probe.js';"), 1);
    assert.equal(broken('ninelives/src/host/a.ts', "import type {\n  A,\n} from '../record/sqlite.js';"), 1);
    assert.equal(broken('ninelives/src/probe/a.ts', "import type { Socket } from 'node:net';"), 1);
    assert.equal(broken('ninelives/src/lost/a.ts', "import type { A } from './b.js';"), 1);
    assert.equal(
      broken('embedder/src/a.ts', "import type { A } from '../../ninelives/src/core/types.js';"),
      1,
    );
    assert.equal(broken('ninelives/src/host/a.ts', "import type { A } from '../record/record.js';"), 0);
    assert.equal(broken('ninelives/src/core/a.ts', "import type { A } from './types.js';"), 0);
  });
});

/** A small repository in which each file breaks one rule. */
const BREAKERS: Record<string, [code: string, rule: RegExp]> = {
  'ninelives/dist/src/core/a.js': ["import '../probe/ok.js';", /^core: only core/],
  'ninelives/dist/src/core/b.js': ["import 'node:fs';", /^core: no node:/],
  'ninelives/dist/src/core/c.js': ["import 'zod';", /^core: of npm only nothing/],
  'ninelives/dist/src/probe/a.js': ["import '../host/ok.js';", /^probe: only/],
  'ninelives/dist/src/host/a.js': ["import '../record/record.js';", /^host: only/],
  'ninelives/dist/src/record/a.js': ["export const a = () => import('../host/ok.js');", /^record: only/],
  'ninelives/dist/src/notify/a.js': ["import '../probe/ok.js';", /^notify: only/],
  'ninelives/dist/src/drill/a.js': ["import '../host/ok.js';", /^drill: only/],
  'ninelives/dist/src/config/a.js': ["import '../daemon/ok.js';", /^config: only/],
  'ninelives/dist/src/daemon/a.js': ["import '../cli/ok.js';", /^daemon: only/],
  'ninelives/dist/src/cli/a.js': ["import './b.js';", /^no cycles/],
  'ninelives/dist/src/cli/c.js': ["import './gone.js';", /^it resolves/],
  'ninelives/dist/src/cli/d.js': ["import '../../../../embedder/dist/src/ok.js';", /^the tool never/],
  'ninelives/dist/src/cli/e.js': ["import 'fast-check';", /^cli: of npm only|^only what package.json/],
  'embedder/dist/src/a.js': ["import '../../../ninelives/dist/src/core/ok.js';", /^the embedder never/],
  'embedder/dist/src/b.js': ["import 'fast-check';", /^only what package.json/],
};

async function provesRules(root: string): Promise<void> {
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  };
  write('package.json', '{"type":"module","dependencies":{"zod":"1"},"devDependencies":{"fast-check":"1"}}');
  for (const name of ['zod', 'fast-check']) {
    write(`node_modules/${name}/package.json`, `{"name":"${name}","main":"index.js"}`);
    write(`node_modules/${name}/index.js`, '');
  }
  for (const room of Object.keys(ROOMS)) write(`packages/ninelives/dist/src/${room}/ok.js`, 'export {};');
  write('packages/ninelives/dist/src/record/record.js', 'export {};');
  write('packages/embedder/dist/src/ok.js', 'export {};');
  write('packages/ninelives/dist/src/cli/b.js', "import './a.js';");
  for (const [path, [code]] of Object.entries(BREAKERS)) write(`packages/${path}`, code);
  const broken = await brokenRules(root);
  for (const [path, [, rule]] of Object.entries(BREAKERS)) {
    const caught = broken.some((line) => rule.test(line) && line.includes(`: packages/${path} →`));
    assert.ok(caught, `${path} went through; broken were:\n${broken.join('\n')}`);
  }
}
