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

/** Compile every package. Returns the compiler's complaints; it emits all the same. */
export async function build(root, { tests }) {
  const configFile = tests ? 'tsconfig.json' : 'tsconfig.build.json';
  let errors = [];
  await stage(tests ? 'building, with tests' : 'building', async () => {
    const results = await Promise.all(
      packagesOf(root).map((name) => {
        const folder = join(root, 'packages', name);
        clean(folder);
        return tsc(root, ['-p', join(folder, configFile)]);
      }),
    );
    errors = results.filter(({ code }) => code !== 0).map(({ output }) => output.trim());
    return errors.length > 0 ? 'with errors' : '';
  });
  return errors.join('\n');
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
    const source = join(folder, relative(dist, file)).replace(/\.js(\.map)?$/, '.ts');
    if (file.endsWith('.tsbuildinfo') || (/\.js(\.map)?$/.test(file) && !existsSync(source))) rmSync(file);
  }
}
