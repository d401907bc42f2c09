import { spawn } from 'node:child_process';
import type { ActionAnswer, ActionRequest } from '../../dashboard/view.js';
import { systemClock } from '../../host/system-clock.js';
import { BIN } from '../bin.js';
import type { OpenOptions } from './options.js';

const SAID = {
  pause: 'Paused: it is watched, not killed, and nobody is paged.',
  resume: 'Guarded again.',
  acknowledge: 'Noted: the others see that you are on it.',
} as const;
/** A refusal ("not steady", "no guard") comes within this; what goes on longer has begun. */
const BEGUN_MS = 4_000;
const SAID_MAX = 500;

/** Acts as the command line does: a row in the inbox, or `ninelives drill` as a process of its own, one at a time. */
export function createPerformer(options: OpenOptions): (action: ActionRequest) => Promise<ActionAnswer> {
  const { record, by, stateDir, env } = options;
  let drilling = false;

  function drill(service: string, fault: string): Promise<ActionAnswer> {
    if (drilling) return Promise.resolve({ done: false, text: 'A drill is running; one at a time.' });
    drilling = true;
    const args = [BIN, 'drill', fault, '--service', service, '--state', stateDir];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, SAID_MAX);
    });
    return new Promise((answer) => {
      const begun = systemClock.after(BEGUN_MS, () =>
        answer({ done: true, text: `Drill ${fault} has begun; watch it here.` }),
      );
      const ended = (text: string, done: boolean) => {
        drilling = false;
        begun();
        answer({ done, text });
      };
      child.on('error', (error) => ended(error.message, false));
      child.on('close', (code) => {
        if (code === 0) ended(`Drill ${fault} passed.`, true);
        else ended(said.trim() || `Drill ${fault} did not pass: ninelives report`, false);
      });
    });
  }

  return async (action) => {
    const { service } = action;
    if (action.action === 'drill') return drill(service, action.fault);
    const who = `${by}, dashboard`;
    record.post({ service, wallMs: systemClock.wallMs(), by: who, command: { type: action.action } });
    return { done: true, text: SAID[action.action] };
  };
}
