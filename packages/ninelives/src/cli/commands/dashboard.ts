import { dashboardToken } from '../dashboard/token.js';
import type { Terminal } from '../terminal.js';

/** `dashboard`: the address, with the token in its fragment, which no browser sends to any server. */
export function showDashboard(
  { stateDir, port, json }: { stateDir: string; port: number; json: boolean },
  terminal: Terminal,
): void {
  const url = `http://127.0.0.1:${port}/`;
  const token = dashboardToken(stateDir);
  if (json) terminal.out(JSON.stringify({ url, token }));
  else terminal.out(`${url}#token=${token}`);
}
