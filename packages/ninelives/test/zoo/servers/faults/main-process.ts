import type { Fault } from '../fault.js';
import { burn } from '../work.js';

/** Blocks the event loop, busily. */
function jam(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) burn(100);
}

/** What befalls the process that owns the port. */
export const MAIN_FAULTS = {
  frozen: { begin: () => process.kill(process.pid, 'SIGSTOP') },
  jam: { begin: () => jam(24 * 3_600_000) },
  stall: { begin: ({ lastsMs }) => jam(lastsMs(15_000)) },
  /** It accepts connections and that is all. */
  mute: { begin() {}, mute: true, answer() {} },
  /** It lives and has nothing to do, and its port is closed. */
  deaf: {
    begin({ http }) {
      http.close();
      http.closeAllConnections();
    },
  },
  crash: { begin: () => process.exit(1) },
  'exit-clean': { begin: () => process.exit(0) },
  'crash-loop': {
    boot: () => process.exit(1),
    begin({ leave }) {
      leave('crash at once', 'all');
      process.exit(1);
    },
  },
  'slow-leak': {
    begin() {
      const kept: Buffer[] = [];
      setInterval(() => kept.length < 500 && kept.push(Buffer.alloc(6 << 20, 1)), 500);
    },
  },
} satisfies Record<string, Fault>;
