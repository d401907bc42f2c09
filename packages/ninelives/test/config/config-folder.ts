import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { parseConfig } from '../../src/config/load.js';
import type { Config, ServiceConfig } from '../../src/config/service.js';
import { ConfigError } from '../../src/config/source/problem.js';

/** A folder for the files of one test file; call it once, at the top. */
export function configFolder() {
  let folder = '';
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ninelives-config-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  return {
    in: (name: string) => path.join(folder, name),
    write(name: string, text: string, mode = 0o600): string {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      chmodSync(file, mode);
      return file;
    },
    parse: (text: string, env: { [name: string]: string } = {}): Config =>
      parseConfig(text, { file: path.join(folder, 'ninelives.yaml'), env }),
  };
}

/** The lines of what was refused, with the base names of files. */
export function problemsOf(work: () => unknown, what = 'it'): string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ConfigError, `not a ConfigError: ${error}`);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.notEqual(error.hint, '');
    assert.equal(error.problems.length, error.message.split('\n').length);
    return error.message.replaceAll(/\/[^ ]*ninelives-config-[^/]*\//g, '').split('\n');
  }
  return assert.fail(`${what} was accepted`);
}

export function only(services: ServiceConfig[]): ServiceConfig {
  assert.equal(services.length, 1);
  return services[0] as ServiceConfig;
}

/** A config with one embedder; `lines` are put below it. */
export function withService(lines: string): string {
  return `version: 1\nservices:\n  - name: a\n    embedder: {}\n${lines.replace(/^/gm, '    ')}\n`;
}
