import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { formatPath, type Path, type Problem } from './problem.js';

/** A YAML file as data, with the place of everything in it. */
export interface YamlSource {
  value: unknown;
  problems: Problem[];
  /** A problem at a path; of the deepest part of it that exists. `key`: at the key, not at its value. */
  problemAt(path: Path, message: string, options?: { key?: boolean; suggestion?: string | null }): Problem;
  /** Is the value at this path taken from the environment, at least in part? */
  referenced(path: Path): boolean;
}

/** Reads YAML, then replaces `${NAME}` in every string value from `env`; `$$` stands for one `$`. Never throws. */
export function readYaml(
  text: string,
  file: string,
  env: { [name: string]: string | undefined },
): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const problems: Problem[] = [];
  const add = (offset: number, path: Path, message: string, suggestion: string | null = null): Problem => {
    const { line, col } = lines.linePos(offset);
    return {
      file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: formatPath(path),
      message,
      suggestion,
    };
  };

  const references = new WeakSet<object>();
  for (const error of document.errors) problems.push(add(error.pos[0], [], error.message));
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const { value, problem } = expand(node.value, env);
      if (/(^|[^$])(\$\$)*\$\{/.test(node.value)) references.add(node);
      node.value = value;
      if (problem !== null) problems.push(add(node.range?.[0] ?? 0, [], problem));
    },
  });

  let value: unknown = null;
  try {
    if (problems.length === 0) value = document.toJS();
  } catch (error) {
    // An alias without its anchor, or a "billion laughs" file: the parser refuses to expand it.
    problems.push(add(0, [], error instanceof Error ? error.message : String(error)));
  }

  function problemAt(
    path: Path,
    message: string,
    options: { key?: boolean; suggestion?: string | null } = {},
  ) {
    return add(offsetOf(path, options.key === true), path, message, options.suggestion ?? null);
  }

  function offsetOf(path: Path, wantKey: boolean): number {
    let node: unknown = document.contents;
    let offset = (node as Node | null)?.range?.[0] ?? 0;
    for (const [depth, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(document);
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
        if (pair === undefined) return offset;
        const keyOffset = (pair.key as Node).range?.[0] ?? offset;
        if (wantKey && depth === path.length - 1) return keyOffset;
        offset = (pair.value as Node | null)?.range?.[0] ?? keyOffset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        if (node === undefined) return offset;
        offset = (node as Node | null)?.range?.[0] ?? offset;
      } else return offset;
    }
    return offset;
  }

  function referenced(path: Path): boolean {
    const node = document.getIn(path, true);
    return typeof node === 'object' && node !== null && references.has(node);
  }

  return { value, problems, problemAt, referenced };
}

/** `${NAME}` from the environment and `$$` for `$`; any other `$` stays as it is. */
export function expand(
  text: string,
  env: { [name: string]: string | undefined },
): { value: string; problem: string | null } {
  let problem: string | null = null;
  const value = text.replace(/\$(?:\$|\{([^}]*)(\}?))/g, (whole: string, name?: string, close?: string) => {
    if (whole === '$$') return '$';
    if (name === undefined || close !== '}' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      problem ??= `"${whole}" is not a reference: write \${NAME}, or $$ for a dollar sign`;
      return whole;
    }
    const found = Object.hasOwn(env, name) ? env[name] : undefined;
    if (found === undefined) {
      problem ??= `the environment has no ${name}: set it, or write $\${${name}} for the text itself`;
    }
    return found ?? '';
  });
  return { value, problem };
}
