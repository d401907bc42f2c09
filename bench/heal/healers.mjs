/**
 * Who heals. All run as the ordinary user. `command`: what runs beside the server; null where systemd or the server
 * itself does it. `server`: what is added to the server's unit. `periodS`: the fault falls at a random moment of it.
 */
const guard = ({ node, tool, folder }, ...flags) => [
  ...[node, `${tool}/bin/ninelives.js`, 'guard', ...flags],
  ...['--arm-without-drill', '--state', `${folder}/state`],
];
const flags = ({ unit, url }) => ['--unit', unit, '--url', url];
const NONE = { command: () => null, files: () => ({}), server: { unit: [], env: {} }, periodS: 12 };

export const HEALERS = [
  {
    name: 'ninelives',
    about: 'this tool, resident: `guard --unit U --url URL --arm-without-drill`, every other setting default',
    command: (cell) => guard(cell, ...flags(cell)),
  },
  {
    name: '+counter',
    about:
      'this tool, resident, with a config file: `progress` names the counter of finished inputs at /metrics',
    command: (cell) => guard(cell, '--config', `${cell.folder}/ninelives.yaml`),
    files: ({ unit, url }) => ({
      'ninelives.yaml': `version: 1
services:
  - name: model
    unit: ${unit}
    probe: { url: "${url}" }
    progress: { url: "${url}/metrics", counter: fake_inputs_completed_total }
`,
    }),
  },
  {
    name: '--once',
    about: 'this tool as from cron: `guard --once …` every 120 s',
    command: (cell) => [`${cell.bench}/healers/every.sh`, '120', ...guard(cell, ...flags(cell), '--once')],
    periodS: 120,
    slow: true,
  },
  { name: 'A', about: 'systemd alone: Restart=on-failure' },
  {
    name: 'B',
    about:
      'the bash recipe of the original account, real clock: sleep 120, curl -m 30, twice, kill -9 MainPID',
    command: ({ bench, unit, url }) => [`${bench}/healers/recipe.sh`, unit, url, '120', '30'],
    periodS: 150,
    slow: true,
  },
  {
    name: 'B10',
    about:
      'the bash recipe of the original account, ten times faster: sleep 12, curl -m 3, twice, kill -9 MainPID',
    command: ({ bench, unit, url }) => [`${bench}/healers/recipe.sh`, unit, url, '12', '3'],
  },
  {
    name: 'Cw',
    about:
      'monit, cycle 5 s, `check program` that does the real work (curl -f -m 5), 2 cycles, exec kill -9 MainPID',
    command: ({ monit, folder }) => [monit, '-I', '-c', `${folder}/monitrc`],
    files: ({ bench, folder, unit, url }) => ({
      monitrc: `set daemon 5
set log ${folder}/monit.log
set pidfile ${folder}/monit.pid
set idfile ${folder}/monit.id
set statefile ${folder}/monit.state
check program work with path "${bench}/healers/monit-test.sh ${url}" timeout 10 seconds
  if status != 0 for 2 cycles then exec "${bench}/healers/monit-kill.sh ${unit}"
`,
    }),
  },
  {
    name: 'D',
    about: 'WatchdogSec=10, fed every 5 s by a timer of the event loop',
    server: { unit: ['Type=notify', 'NotifyAccess=all', 'WatchdogSec=10'], env: { WATCHDOG: 'ping' } },
  },
  {
    name: 'Dw',
    about:
      'WatchdogSec=10, fed only after an embedding of its own came back from the model (the server is changed)',
    server: { unit: ['Type=notify', 'NotifyAccess=all', 'WatchdogSec=10'], env: { WATCHDOG: 'selftest' } },
  },
  {
    name: 'Ew',
    about: 'a kubelet-like loop with real work (curl -f): every 10 s, 1 s, three times, kill -9 MainPID',
    command: ({ bench, unit, url }) => [`${bench}/healers/kubelet.sh`, unit, url],
  },
].map((healer) => ({ ...NONE, ...healer }));
