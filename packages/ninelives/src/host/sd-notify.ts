import { spawn } from 'node:child_process';

/** Tells systemd how we are (sd_notify(3)), when it runs us as Type=notify. */
export interface SdNotify {
  ready(): void;
  /** A round of observe, step and commit is complete, whatever its result. */
  alive(): void;
  stop(): void;
}

/**
 * Node has no unix datagrams, so `systemd-notify` speaks for us; the unit needs NotifyAccess=all. WATCHDOG=1 is sent
 * three times per WatchdogSec, and only when a round was completed since: a guard that hangs is not kept alive by
 * its own timer. READY=1 goes with it again, since before systemd 246 a message was lost when its sender ended before
 * it was read. Without NOTIFY_SOCKET everything is a no-op.
 */
export function createSdNotify(env: { [name: string]: string | undefined }): SdNotify {
  if (!env.NOTIFY_SOCKET) return { ready() {}, alive() {}, stop() {} };
  let rounds = 0;
  const watchdogMs = Number(env.WATCHDOG_USEC ?? 0) / 1_000;
  const timer =
    watchdogMs > 0
      ? setInterval(() => {
          if (rounds > 0) say('READY=1', 'WATCHDOG=1');
          rounds = 0;
        }, watchdogMs / 3)
      : null;

  function say(...state: string[]): void {
    const child = spawn('systemd-notify', state, { stdio: 'ignore' });
    child.on('error', () => {}); // not installed: systemd will say so by its own timeout
  }

  return {
    ready: () => say('READY=1'),
    alive: () => {
      rounds += 1;
    },
    stop() {
      if (timer) clearInterval(timer);
    },
  };
}
