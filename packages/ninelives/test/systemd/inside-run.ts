import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Box, CHECKOUT, NODE } from './harness/box.js';

/** Compiled programs of test/systemd/inside, as seen inside. */
export const INSIDE = `${CHECKOUT}/packages/ninelives/dist/test/systemd/inside`;

/** Of a long report. */
const TOLD_MAX = 4_000;
/** A whole file of them; each wait in it has its own, shorter limit. */
const FILE_LIMIT_MS = 12 * 60_000;

/** The admin: a service of the box's own (see inside/admin.ts). */
export async function hireAdmin(box: Box): Promise<void> {
  box.write('/etc/systemd/system/admin.service', `[Service]\nExecStart=${NODE} ${INSIDE}/admin.js\n`);
  const script = 'systemctl start admin && until [ -S /run/admin.sock ]; do sleep 0.05; done';
  const { code, stderr } = await box.asRoot(['/bin/sh', '-c', script]);
  assert.equal(code, 0, stderr);
}

/** Runs a test file inside, as jc, and repeats its results here, one by one. */
export function testsInside(box: () => Box, title: string, file: string): void {
  test(title, async (t) => {
    const command = [NODE, '--test-reporter=tap', `${INSIDE}/${file}`];
    const { code, stdout, stderr } = await box().asUser(command, { timeoutMs: FILE_LIMIT_MS });
    const results = [...stdout.matchAll(/^( *)(not ok|ok) \d+ - (.*)$/gm)];
    assert.ok(results.length > 0, `no test ran: ${stdout}${stderr}`);
    let failed = 0;
    for (const [line, indent, word, name] of results) {
      // The tests of each describe(); the lines above them sum them up.
      if (indent !== '    ' || line === undefined) continue;
      if (word !== 'ok') failed += 1;
      await t.test(name ?? '', () => assert.equal(word, 'ok', word === 'ok' ? '' : reportOf(stdout, line)));
    }
    // What they have to say beyond that: figures.
    for (const [, text] of stdout.matchAll(/^ {4}# (?!Subtest:)(.*)$/gm)) t.diagnostic(text ?? '');
    // What failed has been told, each with its own reason.
    assert.equal(code, 0, failed > 0 ? `${failed} failed` : (stdout + stderr).slice(-TOLD_MAX));
  });
}

/**
 * Of what follows a result line in TAP, its YAML block: the error first, since a long report is cut at its end wherever
 * it is shown, and then where it was.
 */
function reportOf(tap: string, line: string): string {
  const block = tap.slice(tap.indexOf(line)).split(/^ {6}\.\.\.$/m)[0] ?? '';
  const [, quoted, text = ''] = /^ {6}error: (?:'(.*)'|\|-\n((?: {8}.*\n|\n)*))/m.exec(block) ?? [];
  const error = quoted ?? text.replace(/^ {8}/gm, '').trim();
  return `${error.slice(0, TOLD_MAX)}\n${block.slice(block.indexOf('      stack:'))}`;
}
