// `ninelives up` as a user types it first: the built-in model, every setting default, but for free ports and a folder of its own.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../lib/port.mjs';

const BIN = fileURLToPath(new URL('../../packages/ninelives/bin/ninelives.js', import.meta.url));
const LIMIT_MS = 300_000;

export async function openUp(stateDir) {
  const [port, gatewayPort] = [await freePort(), await freePort()];
  const ports = ['--port', `${port}`, '--gateway-port', `${gatewayPort}`, '--no-dashboard'];
  const child = spawn(process.execPath, [BIN, 'up', '--state', stateDir, ...ports], {
    cwd: stateDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));

  /** A command on this state folder. @returns its exit code, and what it printed as JSON */
  const command = (...args) =>
    new Promise((done, failed) => {
      const argv = [BIN, ...args, '--state', stateDir, '--json'];
      execFile(process.execPath, argv, { cwd: stateDir }, (error, stdout, stderr) => {
        const code = error ? error.code : 0;
        if (stdout.trim() === '') failed(new Error(`${args.join(' ')}: ${code} ${stderr}`));
        else done({ code, told: JSON.parse(stdout) });
      });
    });

  return {
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    /** Resolves when the guard has seen it serve. */
    async serving() {
      for (const giveUpMs = performance.now() + LIMIT_MS; ; await sleep(500)) {
        const { code } = await command('status').catch((error) => ({ code: error.message }));
        if (code === 0) return;
        if (child.exitCode !== null) throw new Error('up has ended before it served');
        if (performance.now() > giveUpMs) throw new Error(`it does not serve: ${code}`);
      }
    },
    ask: async (...args) => (await command(...args)).told,
    output: () => output,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
