import type { Command } from 'commander';
import { runGateway } from '../commands/gateway.js';
import { type GatewayFlags, gatewayOptions, serviceNamed } from '../gateway/settings.js';
import { configOf } from '../services.js';
import { stateDirOf } from '../state-dir.js';
import { type CommandContext, jsonFlag, stateFlag } from './flags.js';

/** gateway */
export function addGateway(program: Command, { terminal, env, signal, exit }: CommandContext): void {
  program
    .command('gateway')
    .description('in front of a model server: holds what clients ask while it is away, and asks again')
    .option('--listen <address>', 'PORT or HOST:PORT (default 127.0.0.1:8080)')
    .option('--upstream <url>', 'the model server (default http://127.0.0.1:8088)')
    .option('--unit <unit>', 'its systemd unit, for a look at its processes (default: who has its port)')
    .option('--metrics <address>', 'PORT or HOST:PORT for Prometheus, loopback unless a host is given')
    .option('--user', 'the unit is of my user manager')
    .option('--config <file>', 'a ninelives.yaml; flags go before what it says')
    .option('--name <service>', 'which service it stands before: its guard finds it by that')
    .option('--keys-file <file>', 'API keys, one a line; without it nobody is asked for one')
    .option('--per-minute <n>', 'requests that one key, or one address, may send in a minute')
    .option('--hold <duration>', 'the longest that a request waits for the server to come back (85s)')
    .option('--body-max <bytes>', 'larger bodies are refused')
    .option('--replay-chat', 'chat without "stream" may be sent again after a death of the server')
    .addOption(stateFlag())
    .addOption(jsonFlag())
    .action(async (flags: GatewayFlags & { config?: string; state?: string }) => {
      const world = { stateDir: stateDirOf(flags.state, env), env };
      const byFlags = flags.config === undefined && (flags.upstream ?? flags.unit) !== undefined;
      const file = flags.config === undefined ? {} : { config: flags.config };
      const service = byFlags ? null : serviceNamed(configOf(file, [], env).config, flags.name);
      exit(await runGateway(gatewayOptions(flags, service, world), terminal, signal));
    });
}
