import type { BeaconConfig } from '../watch/far-config.js';
import type { FarLayer } from './far-layer.js';

/** The bundle with its config in front of it: one file that needs no other. */
export function withConfig(beacon: BeaconConfig, bundle: string): string {
  return `// Written by ninelives export. No secret is in here: \${NAME} is filled in where this runs.
const BEACON_CONFIG = ${JSON.stringify(beacon, null, 2)};

${bundle}`;
}

/** What has to be set where it runs, as that platform does it. */
export function secretsSection({ secrets, left }: FarLayer, line: (name: string) => string): string {
  const stays = left.length > 0 ? `\nNot exported, since it needs a machine: ${left.join(', ')}.\n` : '';
  if (secrets.length === 0) return stays;
  return `Its secrets are yours to set, and are in none of these files:

\`\`\`sh
${secrets.map(line).join('\n')}
\`\`\`
${stays}`;
}
