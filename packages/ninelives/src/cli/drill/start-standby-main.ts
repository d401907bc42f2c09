/**
 * The standby's own process (see standby.ts): says that it is ready and waits on its standard input. One byte
 * means that the drill has put things back itself; an end without it means that the drill is dead, and then the
 * service is started here.
 */
import { startAgain } from './start-again.js';

const [recordFile = '', service = '', unit = ''] = process.argv.slice(2);

async function act(): Promise<void> {
  await startAgain({ recordFile, service, unit: unit === '' ? null : unit }, 'drill (which died)');
  process.exit(0);
}

process.stdin.once('data', () => process.exit(0));
process.stdin.on('error', act);
process.stdin.on('end', act);
process.stdout.on('error', () => {});
process.stdout.write('ready\n');
