/** Composition root of the API process. The engine's boot decides how soon we answer, so it is started before all else is even imported. */
import { startEngine } from './engine/engine-process.js';

const args = process.argv.slice(2);
const WITHOUT_ENGINE = ['--help', '-h', '--version', '--fetch-only'];
const engine = args.some((arg) => WITHOUT_ENGINE.includes(arg))
  ? undefined
  : startEngine(new URL('./engine/main.js', import.meta.url));
// Whatever ends this process early, from a mistyped option to a bug, must not leave an engine behind.
process.once('exit', () => engine?.kill());

// Whoever read our log may end before us (a supervisor, a pager); serving matters more than telling.
process.stderr.on('error', () => undefined);

const { run, die } = await import('./run.js');
process.on('uncaughtException', die);
process.on('unhandledRejection', die);
await run({ args, env: process.env, engine }).catch(die);
