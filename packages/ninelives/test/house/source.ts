import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository: this file runs from packages/ninelives/dist/test/house/. */
export const ROOT = fileURLToPath(new URL('../../../../..', import.meta.url)).replace(/\/$/, '');

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  path: string;
  text: string;
}

/** Files under a folder, for which `wanted` holds; never those that are built or installed. */
export function filesUnder(folder: string, wanted: (path: string) => boolean): SourceFile[] {
  const files: SourceFile[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = relative(ROOT, join(ROOT, folder, entry.name));
    if (['node_modules', 'dist', '.git'].includes(entry.name)) continue;
    if (entry.isDirectory()) files.push(...filesUnder(path, wanted));
    else if (entry.isFile() && wanted(path))
      files.push({ path, text: readFileSync(join(ROOT, path), 'utf8') });
  }
  return files;
}

/** Hand-written TypeScript of both packages that ships. */
export function shippedSources(): SourceFile[] {
  return ['packages/ninelives/src', 'packages/embedder/src'].flatMap((folder) =>
    filesUnder(folder, (path) => path.endsWith('.ts') && !path.endsWith('.test.ts')),
  );
}

/**
 * The text with comments and the insides of strings blanked, line for line, so that a word in prose is not a call.
 * Code inside `${}` of a template is blanked with it: good enough for a rule that looks for calls by name.
 */
export function codeOnly(text: string): string {
  const blank = (match: string) => match.replace(/[^\n]/g, ' ');
  const comment = /\/\*[\s\S]*?\*\/|\/\/[^\n]*/;
  const string = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/;
  const regex = /(?<=[=(,:!&|?;{}\n]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*/;
  return text.replace(new RegExp(`${comment.source}|${string.source}|${regex.source}`, 'g'), blank);
}

export interface TypeImport {
  from: string;
  /** The imported module: a path from the root without extension, or a bare name as it stands. */
  to: string;
}

/** `import type` and `export type … from` lines; values are dependency-cruiser's, from the compiled code. */
export function typeImports({ path, text }: SourceFile): TypeImport[] {
  const pattern = /^(?:import|export) (?:type )?(?:[^;'"]*?)from '([^']+)'/gm;
  const found: TypeImport[] = [];
  for (const [statement, specifier] of text.matchAll(pattern)) {
    if (specifier === undefined || !/^(?:import|export) type |[{,]\s*type /.test(statement)) continue;
    const to = specifier.startsWith('.') ? join(path, '..', specifier).replace(/\.js$/, '') : specifier;
    found.push({ from: path, to });
  }
  return found;
}
