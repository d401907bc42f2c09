import { join } from 'node:path';
import { runGateway } from '../../src/cli/commands/gateway.js';
import { createTerminal } from '../../src/cli/terminal.js';

/** The command as a process of its own: `node gateway-main.js LISTEN UPSTREAM STATE`. */
const [listen = '', upstream = '', stateDir = ''] = process.argv.slice(2);
const ended = new AbortController();
process.on('SIGTERM', () => ended.abort());
process.exitCode = await runGateway(
  {
    ...{
      listen,
      upstream,
      socket: join(stateDir, 'gateway.sock'),
      metrics: null,
      unit: null,
      user: false,
      keysFile: null,
      ratePerMinute: null,
    },
    ...{ holdMs: null, bodyMax: null, replayChat: false, json: true, env: process.env },
  },
  createTerminal(process.stdout, process.env),
  ended.signal,
);
