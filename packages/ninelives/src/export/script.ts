import type { FarLayer } from './far-layer.js';
import { secretsSection, withConfig } from './folder.js';

/** One file for any machine with Node: cron, a timer, a VPS, Lambda. */
export function scriptFolder(far: FarLayer, bundle: string): { [path: string]: string } {
  const minutes = Math.max(1, Math.round(far.beacon.everyMs / 60_000));
  return {
    'beacon.mjs': withConfig(far.beacon, bundle),
    'README.md': `# ${far.beacon.layer}: an off-site layer of ninelives in one file

Node 20 or newer, nothing to install. One run is one pass: it looks, confirms, tells and ends. Exit status 0: it could tell
all that there was to tell; 1: pages are pending; 3: it could not run.

\`\`\`sh
*/${minutes} * * * * cd /opt/beacon && env $(cat secrets.env) node beacon.mjs   # crontab
\`\`\`

${secretsSection(far, (name) => `${name}=…        (a line in secrets.env, chmod 600)`)}
State: \`BEACON_STATE\`, a file (default beacon-state.json), or a URL that takes GET and PUT, with \`BEACON_STATE_BEARER\` as its
key. AWS Lambda: handler \`beacon.handler\`, runtime nodejs22.x, EventBridge Scheduler every ${minutes} minutes, a timeout of 5 minutes,
and \`BEACON_STATE\` a URL or a file on EFS, since the disk of a Lambda does not last.
`,
  };
}
