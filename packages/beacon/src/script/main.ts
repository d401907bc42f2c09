import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { MACHINE } from 'ninelives/dist/src/host/reach.js';
import { type BeaconConfig, withSecrets } from 'ninelives/dist/src/watch/far-config.js';
import { type Report, runPass } from '../pass.js';
import { storeAt } from './store.js';

/** Put in front of this bundle by `ninelives export script|github-actions`. */
declare const BEACON_CONFIG: BeaconConfig;

/** One pass on any machine with Node: cron, a VPS, a GitHub runner; `handler` for Lambda. */
async function pass(): Promise<Report> {
  const { env } = process;
  const place = env.BEACON_STATE ?? 'beacon-state.json';
  return await runPass({
    config: withSecrets(BEACON_CONFIG, env),
    store: storeAt(place, env.BEACON_STATE_BEARER),
    vantage: MACHINE,
    wallMs: Date.now,
    random: Math.random,
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  });
}

/** AWS Lambda's entry (nodejs20.x and later). */
export async function handler(): Promise<Report> {
  return await pass();
}

function minutes(ms: number | null): string {
  return ms === null ? '–' : `${(ms / 60_000).toFixed(1)} min`;
}

/** For the page of a workflow run (GITHUB_STEP_SUMMARY): what was seen, and how late this run was. */
function markdown({ layer, services, lateness, pending, gaveUp, alarm }: Report): string {
  const { gapMs, lateMs, medianGapMs, p95GapMs, longestGapMs, passes } = lateness;
  return [
    `## ${layer}`,
    ...services.map(
      ({ service, verdict, incident }) => `- **${service}**: ${verdict}${incident ? ` (${incident})` : ''}`,
    ),
    '',
    `This run came ${minutes(gapMs)} after the one before, ${minutes(lateMs)} late.`,
    `Of ${passes} runs: median gap ${minutes(medianGapMs)}, p95 ${minutes(p95GapMs)}, longest ${minutes(longestGapMs)}.`,
    ...(pending > 0 ? [`${pending} pages have not left yet.`] : []),
    ...gaveUp.map(({ title, notifier, error }) => `Given up: "${title}" through ${notifier}: ${error}`),
    ...(alarm === null ? [] : [`Its alarm at ntfy could not be put off: ${alarm}`]),
    '',
  ].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const report = await pass();
    console.log(JSON.stringify(report));
    const { GITHUB_STEP_SUMMARY: summary } = process.env;
    if (summary) appendFileSync(summary, markdown(report));
    // Told already, through the notifiers: a red run on top would be a second pager.
    process.exitCode = report.pending > 0 ? 1 : 0;
  } catch (error) {
    console.error(`beacon: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 3;
  }
}
