import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasMarker, readCrontab, withLine, withoutLine, writeCrontab } from './crontab.js';
import { InstallError } from './errors.js';
import type { Plan } from './plan.js';
import type { Step } from './step.js';

/** Environment of the commands that a plan runs: the user manager must be reachable (XDG_RUNTIME_DIR). */
export type Env = { [name: string]: string | undefined };

/** A user manager that was only just told to live on needs a moment until it answers. */
const MANAGER_TRIES = 100;
const MANAGER_WAIT_MS = 100;

/** What stands where the plan wants to put something, in words; null when nothing does. */
export function occupied(plan: Plan): string | null {
  for (const step of plan.steps) {
    if (step.type === 'file' && existsSync(step.path)) return step.path;
    if (step.type === 'crontab' && hasMarker(readCrontab(), step.marker))
      return `a line "${step.marker}" in the crontab`;
  }
  return null;
}

/** Does each step, and writes the manifest before it, so that a half-done installation can be taken back. */
export function applyPlan(plan: Plan, manifest: string, env: Env, tell: (line: string) => void): void {
  const done: Step[] = [];
  for (const step of plan.steps) {
    done.push(step);
    writeManifest(manifest, { ...plan, steps: done });
    applyStep(step, env);
    if (!isSilent(step)) tell(describe(step));
  }
}

/**
 * Takes back what the manifest lists, last first; what is gone already is fine. What can't be taken back stays in
 * the manifest, and does not keep the rest from it.
 * @returns why, for each such step
 */
export function takeBack(manifest: string, env: Env, tell: (line: string) => void): string[] {
  const plan = readManifest(manifest);
  const failures: string[] = [];
  const left: Step[] = [];
  for (const step of [...plan.steps].reverse()) {
    try {
      undoStep(step, env);
      if (!isForth(step)) tell(`took back: ${describe(step)}`);
    } catch (error) {
      if (!(error instanceof InstallError)) throw error;
      left.unshift(step);
      failures.push(error.message);
    }
  }
  if (left.length === 0) rmSync(manifest, { force: true });
  else writeManifest(manifest, { ...plan, steps: left });
  return failures;
}

function readManifest(manifest: string): Plan {
  try {
    return JSON.parse(readFileSync(manifest, 'utf8')) as Plan;
  } catch (error) {
    const hint = `take it back by hand: systemctl --user disable --now ninelives-guard, crontab -e; then rm ${manifest}`;
    throw new InstallError(`${manifest} can't be read`, hint, { cause: error });
  }
}

function writeManifest(manifest: string, plan: Plan): void {
  write(manifest, `${JSON.stringify(plan, null, 2)}\n`, 0o600);
}

/** What would change, in the shape of a diff. */
export function diffOf(step: Step): string[] {
  switch (step.type) {
    case 'folder':
      return [`+ ${step.path}/`];
    case 'run':
      return step.argv === null ? [] : [`$ ${step.argv.join(' ')}    # ${step.why}`];
    case 'file':
      return [`+++ ${step.path}`, ...step.text.trimEnd().split('\n').map(added)];
    case 'crontab':
      return ['+++ crontab', added(step.line)];
  }
}

function added(line: string): string {
  return `+ ${line}`.trimEnd();
}

function describe(step: Step): string {
  switch (step.type) {
    case 'folder':
      return `${step.path}/`;
    case 'file':
      return step.path;
    case 'run':
      return (step.argv ?? step.undo ?? []).join(' ');
    case 'crontab':
      return `crontab: ${step.line}`;
  }
}

/** Nothing to do now, only when it is taken back. */
function isSilent(step: Step): boolean {
  return step.type === 'run' && step.argv === null;
}

/** Nothing to take back. */
function isForth(step: Step): boolean {
  return step.type === 'run' && step.undo === null;
}

function applyStep(step: Step, env: Env): void {
  switch (step.type) {
    case 'folder':
      return void mkdirSync(step.path, { recursive: true });
    case 'file':
      return write(step.path, step.text, step.mode);
    case 'run':
      return step.argv === null ? undefined : run(step.argv, env);
    case 'crontab':
      return writeCrontab(withLine(readCrontab(), step));
  }
}

function undoStep(step: Step, env: Env): void {
  switch (step.type) {
    case 'folder':
      return removeEmpty(step.path);
    case 'file':
      return rmSync(step.path, { force: true });
    case 'run':
      return step.undo === null ? undefined : run(step.undo, env);
    case 'crontab': {
      const crontab = readCrontab();
      // An operator may have taken the line out already.
      if (hasMarker(crontab, step.marker)) writeCrontab(withoutLine(crontab, step));
    }
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody else has put something there since, or it is gone: either way it is not ours to remove.
  }
}

function write(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

function run(argv: string[], env: Env): void {
  const [program = '', ...args] = argv;
  for (let tries = 1; ; tries += 1) {
    try {
      execFileSync(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
      return;
    } catch (error) {
      const said = String((error as { stderr?: Buffer }).stderr ?? error).trim();
      if (/failed to connect to .*bus/i.test(said) && tries < MANAGER_TRIES) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MANAGER_WAIT_MS);
        continue;
      }
      throw new InstallError(`${argv.join(' ')}: ${said}`, 'ninelives uninstall takes back what was done', {
        cause: error,
      });
    }
  }
}
