// node:test events to lines for people: one line a test file, failures in full, and node:test's own closing
// counts ("# tests 12", …), which suite.mjs adds up over its stages and CI reads.

import { relative } from 'node:path';

const COUNT = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

const sourceOf = (file) =>
  relative(process.cwd(), file ?? '(no file)')
    .replace(/(^|\/)dist\//, '$1')
    .replace(/\.js$/, '.ts');

export default async function* report(events) {
  const failures = [];
  let current = null;
  for await (const { type, data } of events) {
    if (type === 'test:diagnostic' && data.nesting === 0 && COUNT.test(data.message)) {
      if (current) yield lineOf(current);
      if (failures.length > 0) yield listOf(failures.splice(0));
      current = null;
      yield `# ${data.message}\n`;
    }
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (current && current.file !== data.file) {
      yield lineOf(current);
      current = null;
    }
    current ??= { file: data.file, passed: 0, failed: 0, skipped: [], ms: 0 };
    add(current, type, data);
    if (type === 'test:fail' && !isOnlyAParent(data)) {
      failures.push(data);
      yield failureOf(data);
    }
  }
}

function add(current, type, data) {
  if (data.nesting === 0) current.ms += data.details?.duration_ms ?? 0;
  if (data.details?.type === 'suite') return;
  if (data.skip !== undefined)
    current.skipped.push(`${data.name}${data.skip === true ? '' : `: ${data.skip}`}`);
  else if (type === 'test:pass') current.passed++;
  else current.failed++;
}

function lineOf({ file, passed, failed, skipped, ms }) {
  const mark = failed > 0 ? 'FAIL' : 'ok  ';
  const counts = [
    `${passed} passed`,
    failed > 0 && `${failed} failed`,
    skipped.length > 0 && `${skipped.length} skipped`,
  ];
  const line = `  ${mark} ${sourceOf(file)}: ${counts.filter(Boolean).join(', ')}, ${(ms / 1000).toFixed(1)} s\n`;
  return line + skipped.map((name) => `         skipped ${name}\n`).join('');
}

/** A parent fails because its children did; the children say why. */
function isOnlyAParent(data) {
  return data.details?.error?.failureType === 'subtestsFailed';
}

const listOf = (failures) => `\n  failed:\n${failures.map((data) => `    ${titleOf(data)}\n`).join('')}`;

const titleOf = (data) => `${sourceOf(data.file)}: ${data.name}`;

function failureOf(data) {
  const error = data.details?.error;
  const cause = error?.cause instanceof Error ? error.cause : error;
  const text = cause?.stack ?? cause?.message ?? String(error?.cause ?? error);
  return `\n  FAIL ${titleOf(data)}\n${text.replace(/^/gm, '       ')}\n\n`;
}
