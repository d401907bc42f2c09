import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Plan, Step } from './plan.js';

/** A step could not be done; what was done before it stands, and is in the manifest. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
  constructor(
    message: string,
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Does each step, and writes the manifest before it, so that a half-done installation can be taken back. */
export function applyPlan(plan: Plan, manifest: string, tell: (line: string) => void): void {
  const done: Step[] = [];
  for (const step of plan.steps) {
    done.push(step);
    write(manifest, `${JSON.stringify({ ...plan, steps: done }, null, 2)}\n`, 0o600);
    applyStep(step);
    tell(describe(step));
  }
}

/** Takes back what the manifest lists, last first; what is gone already is fine. */
export function takeBack(manifest: string, tell: (line: string) => void): void {
  const plan = JSON.parse(readFileSync(manifest, 'utf8')) as Plan;
  for (const step of [...plan.steps].reverse()) {
    undoStep(step);
    tell(`took back: ${describe(step)}`);
  }
  // The file of a unit goes last of all, after systemd has let go of it.
  rmSync(manifest, { force: true });
}

/** What would change, in the shape of a diff. */
export function diffOf(step: Step): string[] {
  if (step.type === 'run') return [`$ ${step.argv.join(' ')}    # ${step.why}`];
  const [title, before, after] =
    step.type === 'file'
      ? [step.path, existsSync(step.path) ? readFileSync(step.path, 'utf8') : '', step.text]
      : ['crontab', readCrontab(), withLine(readCrontab(), step)];
  const old = before.split('\n');
  const fresh = after.split('\n');
  return [
    `--- ${title}`,
    ...old.filter((line) => line !== '' && !fresh.includes(line)).map((line) => `- ${line}`),
    ...fresh.filter((line) => line !== '' && !old.includes(line)).map((line) => `+ ${line}`),
  ];
}

function describe(step: Step): string {
  if (step.type === 'file') return step.path;
  return step.type === 'run' ? step.argv.join(' ') : `crontab: ${step.line}`;
}

function applyStep(step: Step): void {
  if (step.type === 'file') return write(step.path, step.text, step.mode);
  if (step.type === 'run') return run(step.argv);
  writeCrontab(withLine(readCrontab(), step));
}

function undoStep(step: Step): void {
  if (step.type === 'file') return rmSync(step.path, { force: true });
  if (step.type === 'crontab') return writeCrontab(withoutMarker(readCrontab(), step.marker));
  if (step.undo) run(step.undo);
}

function withLine(crontab: string, step: { line: string; marker: string }): string {
  return `${withoutMarker(crontab, step.marker)}${step.line}\n`;
}

function withoutMarker(crontab: string, marker: string): string {
  const kept = crontab.split('\n').filter((line) => line !== '' && !line.endsWith(marker));
  return kept.map((line) => `${line}\n`).join('');
}

function readCrontab(): string {
  try {
    return execFileSync('crontab', ['-l'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { status, code } = error as { status?: number | null; code?: string };
    if (status === 1) return ''; // "no crontab for USER"
    throw new InstallError(
      `crontab can't be read (${code ?? status})`,
      'install cron, or use the user unit',
      {
        cause: error,
      },
    );
  }
}

function writeCrontab(text: string): void {
  execFileSync('crontab', ['-'], { input: text, stdio: ['pipe', 'ignore', 'pipe'] });
}

function write(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

function run(argv: string[]): void {
  const [program = '', ...args] = argv;
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error).trim();
    throw new InstallError(`${argv.join(' ')}: ${said}`, 'ninelives uninstall takes back what was done', {
      cause: error,
    });
  }
}
