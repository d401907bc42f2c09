import { quoteUnit } from './step.js';

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
# Nobody need be called to start it again: after a few starts too many systemd would give it up, until root comes.
StartLimitIntervalSec=0

[Service]
Type=simple
${user === null ? '' : `User=${user}\n`}WorkingDirectory=${cwd.replaceAll('%', '%%')}
ExecStart=${argv.map(quoteUnit).join(' ')}
# Revives after SIGKILL and crashes; a clean stop stays a stop. The pause keeps one that fails at once from spinning.
Restart=on-failure
RestartSec=2
# Survivors of a dead main process hold GPU and port: end them at once, not after 90 s.
KillMode=mixed
TimeoutStopSec=15

[Install]
WantedBy=${user === null ? 'default.target' : 'multi-user.target'}
`;
}
