/**
 * The standby's own process (see standby.ts): says that it is ready and waits on its standard input. One byte
 * means that the drill has put things back itself; an end without it means that the drill is dead, and then the
 * service is started here.
 */
import { sleep } from '../../host/clock.js';
import { startAgain } from './start-again.js';

const [recordFile = '', service = '', unit = ''] = process.argv.slice(2);

/** What a drill has just asked to end may still be ending, and to start a unit that still runs is nothing. */
const SAID_FOR_S = 10;

async function act(): Promise<void> {
  const ended = { recordFile, service, unit: unit === '' ? null : unit };
  await startAgain(ended, 'drill (which died)');
  for (let second = 0; ended.unit !== null && second < SAID_FOR_S; second++) {
    await sleep(1_000);
    await startAgain(ended, 'drill (which died)');
  }
  process.exit(0);
}

process.stdin.once('data', () => process.exit(0));
process.stdin.on('error', act);
process.stdin.on('end', act);
process.stdout.on('error', () => {});
process.stdout.write('ready\n');
