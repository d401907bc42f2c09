import { quoteUnit } from './plan.js';

/** The service's own unit, for those who have none yet: settings under which a SIGKILL is always revived. */
export function serviceUnit(options: {
  name: string;
  argv: string[];
  cwd: string;
  /** null: a user unit, which runs as its owner anyway. */
  user: string | null;
}): string {
  const { name, argv, cwd, user } = options;
  return `[Unit]
Description=${name}
After=network.target
# Room for the guard's kills and for crashes that are nobody's fault: see "start limit" in DESIGN.md.
StartLimitIntervalSec=300
StartLimitBurst=10

[Service]
Type=simple
${user === null ? '' : `User=${user}\n`}WorkingDirectory=${cwd.replaceAll('%', '%%')}
ExecStart=${argv.map(quoteUnit).join(' ')}
# Revives after SIGKILL and crashes; a clean stop stays a stop.
Restart=on-failure
RestartSec=1
# Survivors of a dead main process hold GPU and port: end them at once, not after 90 s.
KillMode=mixed
TimeoutStopSec=15

[Install]
WantedBy=${user === null ? 'default.target' : 'multi-user.target'}
`;
}
