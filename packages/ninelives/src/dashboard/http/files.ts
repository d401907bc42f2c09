import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const TYPES: { [ending: string]: string } = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

export interface StaticFile {
  type: string;
  body: Buffer;
  gzipped: Buffer;
  etag: string;
}

/**
 * Everything the page is made of, read once: the compiled modules as they are, the sheet, and uPlot's own minified file.
 * No bundler: `npm start` would have to install one, for a dozen small modules that loopback delivers in no time, and what
 * runs is what can be read. Paths are these and no others: nothing of a request ever becomes the name of a file.
 */
export function pageFiles(): Map<string, StaticFile> {
  const here = dirname(fileURLToPath(import.meta.url));
  const compiled = join(here, '..', '..');
  const assets = join(compiled, '..', '..', 'assets', 'dashboard');
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css'));
  const files = new Map<string, StaticFile>();
  const add = (path: string, file: string) => files.set(path, read(file));
  add('/', join(assets, 'index.html'));
  for (const sheet of ['base.css', 'main.css', 'parts.css']) add(`/assets/${sheet}`, join(assets, sheet));
  add('/assets/icon.svg', join(assets, 'icon.svg'));
  add('/assets/uplot.css', join(uplot, 'uPlot.min.css'));
  add('/assets/uplot.js', join(uplot, 'uPlot.iife.min.js'));
  add('/assets/report/words.js', join(compiled, 'report', 'words.js'));
  const page = join(compiled, 'dashboard', 'page');
  for (const name of readdirSync(page).filter((entry) => entry.endsWith('.js'))) {
    add(`/assets/dashboard/page/${name}`, join(page, name));
  }
  return files;
}

function read(file: string): StaticFile {
  const body = readFileSync(file);
  const ending = file.slice(file.lastIndexOf('.') + 1);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[ending] ?? 'application/octet-stream', body, gzipped: gzipSync(body), etag };
}
