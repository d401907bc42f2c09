// TypeScript to dist/. The native compiler needs less than a second for all of it, so it always compiles all.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from './child.mjs';
import { stage } from './say.mjs';

/** Names under packages/, those that are there and can be compiled. */
export function packagesOf(root) {
  const names = readdirSync(join(root, 'packages')).sort();
  return names.filter((name) => existsSync(join(root, 'packages', name, 'tsconfig.json')));
}

/** What is built on what the others emit (their .d.ts and .js), and so after them. */
const LATER = ['beacon'];

/** Compile every package. Returns the compiler's complaints; it emits all the same. */
export async function build(root, { tests }) {
  const configFile = tests ? 'tsconfig.json' : 'tsconfig.build.json';
  const errors = [];
  const compile = async (name) => {
    const folder = join(root, 'packages', name);
    clean(folder);
    // One after the other: what runs in a browser has its own types, and both emit into one dist/.
    for (const config of [configFile, 'tsconfig.page.json'].map((file) => join(folder, file))) {
      if (!existsSync(config)) continue;
      const { code, output } = await tsc(root, ['-p', config]);
      if (code !== 0) errors.push(output.trim());
    }
  };
  await stage(tests ? 'building, with tests' : 'building', async () => {
    const names = packagesOf(root);
    await Promise.all(names.filter((name) => !LATER.includes(name)).map(compile));
    await Promise.all(names.filter((name) => LATER.includes(name)).map(compile));
    if (errors.length === 0 && names.includes('beacon')) await bundle(root);
    return errors.length > 0 ? 'with errors' : '';
  });
  return errors.join('\n');
}

/**
 * The off-site layer, each of its two programs with all that it needs in one file, made here, so that nobody who
 * exports it needs a bundler: workerd takes a Worker as one module, and a script for any cron is one file.
 */
async function bundle(root) {
  const { build: esbuild } = await import('esbuild');
  const from = join(root, 'packages', 'beacon', 'dist', 'src');
  const outdir = join(root, 'packages', 'beacon', 'dist', 'bundle');
  const shared = {
    bundle: true,
    format: 'esm',
    outdir,
    logLevel: 'silent',
    target: 'es2022',
    legalComments: 'none',
  };
  await Promise.all([
    esbuild({ ...shared, entryPoints: { worker: join(from, 'worker', 'main.js') }, platform: 'neutral' }),
    esbuild({ ...shared, entryPoints: { script: join(from, 'script', 'main.js') }, platform: 'node' }),
  ]);
}

export function tsc(root, args) {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return run(process.execPath, [compiler, ...args], { cwd: root, capture: true });
}

/**
 * Take away what no longer has a source (a deleted test would go on running) and the build info: two configs
 * emit into one dist/, and each one's info knows nothing of what the other wrote. The rest stays in place, since
 * a service may be running from it.
 */
function clean(folder) {
  const dist = join(folder, 'dist');
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (file.startsWith(join(dist, 'bundle'))) continue;
    const source = join(folder, relative(dist, file)).replace(/(\.js(\.map)?|\.d\.ts)$/, '.ts');
    const emitted = /(\.js(\.map)?|\.d\.ts)$/.test(file);
    if (file.endsWith('.tsbuildinfo') || (emitted && !existsSync(source))) rmSync(file);
  }
}
