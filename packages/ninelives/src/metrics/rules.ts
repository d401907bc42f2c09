/** One alert, as `ninelives export prometheus` writes it. */
interface Rule {
  alert: string;
  expr: string;
  /** Prometheus' `for`: absent where the guard has already waited. */
  forText?: string;
  severity: 'page' | 'ticket' | 'info';
  summary: string;
  description: string;
}

/**
 * Symptoms first; `page` wakes somebody, `ticket` can wait for the morning. The guard pages by itself: these are for whoever has
 * an Alertmanager, and for the one thing that the guard can't say, that it is gone.
 */
const RULES: Rule[] = [
  {
    alert: 'NinelivesIncident',
    expr: 'ninelives_incident_open == 1',
    severity: 'info',
    summary: '{{ $labels.service }} does not serve',
    description: 'The guard is at it (drill: {{ $labels.drill }}). Type: ninelives status',
  },
  {
    alert: 'NinelivesNeedsYou',
    expr: 'ninelives_incident_escalated == 1',
    severity: 'page',
    summary: '{{ $labels.service }} needs you: the guard alone does not get it back',
    description: 'Type: ninelives incidents; the runbook is docs/runbook.md',
  },
  {
    alert: 'NinelivesNotServing',
    expr: 'ninelives_serving == 0 unless on (service) ninelives_incident_open{drill="true"} == 1',
    forText: '15m',
    severity: 'page',
    summary: '{{ $labels.service }} has not served for a quarter of an hour',
    description: 'By real work, whatever its health endpoint says. Type: ninelives probe',
  },
  {
    alert: 'NinelivesGuardGone',
    expr: 'time() - ninelives_last_look_timestamp_seconds > 120 or absent(ninelives_guard_start_timestamp_seconds)',
    forText: '2m',
    severity: 'page',
    summary: 'nobody watches {{ $labels.service }}',
    description: 'The guard does not look, or is not scraped. Type: ninelives status',
  },
  {
    alert: 'NinelivesBlind',
    expr: 'ninelives_blind == 1',
    forText: '10m',
    severity: 'ticket',
    summary: 'the guard can’t see {{ $labels.service }}',
    description:
      'It could not ask for ten minutes, which says nothing about the service. Type: ninelives probe',
  },
  {
    alert: 'NinelivesPagesStuck',
    expr: 'ninelives_oldest_pending_page_age_seconds > 600',
    severity: 'page',
    summary: 'a page has not been delivered for ten minutes',
    description: 'The guard goes on trying. Type: ninelives status',
  },
  {
    alert: 'NinelivesKillBudgetSpent',
    expr: 'ninelives_kill_budget_remaining == 0',
    severity: 'ticket',
    summary: 'the kill budget of {{ $labels.service }} is spent',
    description: 'Kills did not help: from now on they are rare. Type: ninelives incidents',
  },
  {
    alert: 'NinelivesManyKills',
    expr: 'increase(ninelives_kills_total[6h]) > 3',
    severity: 'ticket',
    summary: '{{ $labels.service }} was killed more than three times within six hours',
    description: 'It heals, but something is wrong with it. Type: ninelives report --since 6h',
  },
  {
    alert: 'NinelivesWatchOnly',
    expr: 'ninelives_armed == 0 or ninelives_paused == 1',
    forText: '1h',
    severity: 'ticket',
    summary: '{{ $labels.service }} is watched, but would not be healed',
    description: 'Prove the recovery: ninelives drill crash. Paused: ninelives resume',
  },
  {
    alert: 'NinelivesClientsRefused',
    expr: 'increase(ninelives_gateway_ends_total{end="refused"}[15m]) > 0',
    severity: 'ticket',
    summary: 'the gateway had to refuse requests',
    description:
      'More than it may hold, for longer than it may. See ninelives_gateway_refused_total by reason.',
  },
];

/** A rule file for Prometheus: `promtool check rules` is content with it. */
export function rulesYaml(): string {
  return `# Written by  ninelives export prometheus  for rule_files: of prometheus.yml.
groups:
  - name: ninelives
    rules:
${RULES.map(ruleYaml).join('')}`;
}

function ruleYaml({ alert, expr, forText, severity, summary, description }: Rule): string {
  const wait = forText === undefined ? '' : `        for: ${forText}\n`;
  return `      - alert: ${alert}
        expr: ${quoted(expr)}
${wait}        labels: { severity: ${severity} }
        annotations:
          summary: ${quoted(summary)}
          description: ${quoted(description)}
`;
}

/** What to put into scrape_configs: the guard, each gateway through it, and the built-in embedder. */
export function scrapeYaml(options: {
  dashboard: { host: string; port: number };
  gateways: string[];
  embedders: { host: string; port: number }[];
}): string {
  const target = ({ host, port }: { host: string; port: number }) => quoted(`${host}:${port}`);
  const job = (name: string, path: string, to: { host: string; port: number }, rest = '') =>
    `  - job_name: ${quoted(name)}\n    metrics_path: ${path}\n${rest}    static_configs: [{ targets: [${target(to)}] }]\n`;
  return `# Written by  ninelives export prometheus --scrape  for prometheus.yml.
scrape_configs:
${job('ninelives', '/metrics', options.dashboard)}${options.gateways
  .map((name) =>
    job(
      `gateway ${name}`,
      '/metrics/gateway',
      options.dashboard,
      `    params: { service: [${quoted(name)}] }\n`,
    ),
  )
  .join('')}${options.embedders.map((to) => job(`embedder ${to.port}`, '/metrics', to)).join('')}`;
}

const quoted = (text: string) => JSON.stringify(text);
