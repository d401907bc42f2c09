import { basename } from 'node:path';
import { hasEnded, listStats, readArguments, readRealUid } from '../host/procfs/processes.js';

/** A program of mine that makes a local port reachable from elsewhere. */
export interface Tunnel {
  by: 'cloudflared' | 'ssh' | 'ngrok' | 'tailscale';
  pid: number;
  /** The port of this machine that it leads to; null where its command line does not say. */
  port: number | null;
}

/** The tunnels that run as this user, by their command lines. */
export async function findTunnels(uid: number): Promise<Tunnel[]> {
  const mine = listStats().filter((stat) => !hasEnded(stat) && readRealUid(stat.pid) === uid);
  const tunnels: Tunnel[] = [];
  for (const { pid } of mine) {
    const tunnel = tunnelOf((await readArguments(pid)) ?? []);
    if (tunnel) tunnels.push({ ...tunnel, pid });
  }
  return tunnels;
}

/** What tunnel this command line is, or null. Pure. */
export function tunnelOf(argv: readonly string[]): Omit<Tunnel, 'pid'> | null {
  const [program = '', ...args] = argv;
  switch (basename(program)) {
    case 'cloudflared':
      return args.includes('tunnel') ? { by: 'cloudflared', port: portOf(optionOf(args, '--url')) } : null;
    case 'ssh':
    case 'autossh':
      return remoteForward(args);
    case 'ngrok': {
      const at = args.findIndex((word) => /^(http|tcp|tls)$/.test(word));
      const target = args.slice(at + 1).find((word) => !word.startsWith('-'));
      return at >= 0 || args[0] === 'start' ? { by: 'ngrok', port: at < 0 ? null : portOf(target) } : null;
    }
    case 'tailscale': {
      const [command, ...rest] = args;
      if (command !== 'funnel' || /^(status|reset|off)$/.test(rest[0] ?? '')) return null;
      return { by: 'tailscale', port: portOf(rest.find((word) => !word.startsWith('-'))) };
    }
    default:
      return null;
  }
}

/** ssh(1): -R [bind_address:]port:host:hostport, also joined to the option and after other letters (-NR). */
function remoteForward(args: readonly string[]): Omit<Tunnel, 'pid'> | null {
  for (const [at, word] of args.entries()) {
    const joined = /^-[46AaCfGgKkMNnqsTtVvXxYy]*R(.*)$/.exec(word)?.[1];
    if (joined !== undefined) return { by: 'ssh', port: portOf(joined === '' ? args[at + 1] : joined) };
    const option = /^(?:-o\s*)?RemoteForward[= ](.*)$/i.exec(word)?.[1];
    if (option !== undefined) return { by: 'ssh', port: portOf(option) };
  }
  return null;
}

function optionOf(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at >= 0 ? args[at + 1] : args.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** The last number that can be a port: `8080`, `localhost:8080`, `http://localhost:8080/`, `80:localhost:8080`. */
function portOf(target: string | undefined): number | null {
  const text = /(?:^|:)(\d{1,5})\/?$/.exec(target ?? '')?.[1];
  const port = Number(text);
  return text !== undefined && port > 0 && port < 65_536 ? port : null;
}
