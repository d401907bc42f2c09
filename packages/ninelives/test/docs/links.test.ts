import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../house/source.js';

const PAGES = [
  ...['README.md', 'DESIGN.md', 'CONTRIBUTING.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** What a page links to within the repository, from its root. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => normalize(join(dirname(page), target)));
}

test('every link of the pages leads somewhere, and every picture is shown', () => {
  const links = PAGES.flatMap((page) => linksOf(page).map((target) => ({ page, target })));
  assert.ok(links.length > 30, `${links.length} links`);
  for (const { page, target } of links) assert.ok(existsSync(join(ROOT, target)), `${page}: ${target}`);
  const shown = new Set(links.map(({ target }) => target));
  for (const picture of readdirSync(join(ROOT, 'docs', 'pictures')))
    assert.ok(shown.has(join('docs', 'pictures', picture)), `${picture} is shown nowhere`);
});
