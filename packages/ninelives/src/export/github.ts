import type { FarLayer } from './far-layer.js';
import { secretsSection, withConfig } from './folder.js';

/** Twice an hour, at minutes of its own: at :00 everybody's jobs start, and many are dropped. */
export function cronOf(layer: string): string {
  let sum = 0;
  for (const char of layer) sum = (sum * 31 + char.charCodeAt(0)) % 24;
  const minute = 3 + sum;
  return `${minute},${minute + 30} * * * *`;
}

export const GITHUB_EVERY_MS = 30 * 60_000;

/** A workflow for a repository of its own, and the script that it runs. */
export function githubFolder(far: FarLayer, bundle: string): { [path: string]: string } {
  return {
    'beacon.mjs': withConfig(far.beacon, bundle),
    '.github/workflows/ninelives-beacon.yml': workflow(far),
    'README.md': readme(far),
  };
}

function workflow({ beacon, secrets }: FarLayer): string {
  const env = secrets.map((name) => `          ${name}: \${{ secrets.${name} }}\n`).join('');
  return `# A second opinion, not an alarm clock: GitHub starts scheduled jobs late, often by hours, and drops some. Each run
# measures how late it was and says so in its summary.
name: ninelives ${beacon.layer}
on:
  schedule:
    - cron: "${cronOf(beacon.layer)}"
  workflow_dispatch:
permissions:
  contents: read
  actions: write # to stay enabled, see below
concurrency:
  group: ninelives-beacon
  cancel-in-progress: false
jobs:
  look:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - uses: actions/cache/restore@v4
        with:
          path: beacon-state.json
          key: ninelives-beacon-\${{ github.run_id }}-\${{ github.run_attempt }}
          restore-keys: ninelives-beacon-
      - run: node beacon.mjs
        env:
${env}          BEACON_STATE: beacon-state.json
      - if: always()
        uses: actions/cache/save@v4
        with:
          path: beacon-state.json
          key: ninelives-beacon-\${{ github.run_id }}-\${{ github.run_attempt }}
      # Schedules of public repositories without activity are switched off after 60 days.
      - if: always()
        run: gh api --method PUT "repos/\${{ github.repository }}/actions/workflows/ninelives-beacon.yml/enable"
        env:
          GH_TOKEN: \${{ github.token }}
`;
}

function readme(far: FarLayer): string {
  return `# ${far.beacon.layer}: a second opinion from GitHub Actions

Commit this folder to the default branch of a repository of its own (schedules do not run in forks).

${secretsSection(far, (name) => `gh secret set ${name}`)}
Its schedule is a wish: runs have been seen 3 to 13 hours late, and whole days left out. So it is a second opinion only;
each run measures its own lateness and writes it into its summary. State is kept in the Actions cache, which forgets what
nobody used for 7 days: then it begins anew.
`;
}
