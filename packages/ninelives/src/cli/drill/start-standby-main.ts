/**
 * The standby's own process (see standby.ts): says that it is ready and waits on its standard input. One byte
 * means that the drill has put things back itself; an end without it means that the drill is dead, and then the
 * guard is told, through the record, to have the service started.
 */
import { wallMs } from '../../host/clock.js';
import { openRecord } from '../../record/sqlite.js';

const [recordFile = '', service = ''] = process.argv.slice(2);

function act(): void {
  const record = openRecord(recordFile);
  record.post({ service, wallMs: wallMs(), by: 'drill (which died)', command: { type: 'start' } });
  record.close();
  process.exit(0);
}

process.stdin.once('data', () => process.exit(0));
process.stdin.on('error', act);
process.stdin.on('end', act);
process.stdout.on('error', () => {});
process.stdout.write('ready\n');
