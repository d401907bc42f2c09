import type { GuardState } from '../core/decision.js';
import { RESULT_OF } from '../core/types.js';
import type { Tally } from './tally.js';
import { type Metric, metricsText } from './text.js';

/** What the guard knows of one service at a scrape. */
export interface GuardFacts {
  state: GuardState;
  tally: Tally;
  killsMax: number;
  /** Kills within the window. */
  killsUsed: number;
}

export interface ScrapeFacts {
  version: string;
  startWallMs: number;
  services: GuardFacts[];
  pagesPending: number;
  oldestPendingWallMs: number | null;
  nowWallMs: number;
}

/**
 * Names by Prometheus' rules (prometheus.io/docs/practices/naming): one prefix, base units, `_total` for counters. Labels are
 * service names and closed sets: nothing that a server says is ever one.
 */
export function guardMetrics(facts: ScrapeFacts): string {
  const { services } = facts;
  return metricsText([...stateMetrics(services), ...countMetrics(services), ...guardOwn(facts)]);
}

function stateMetrics(services: GuardFacts[]): Metric[] {
  const each = (of: (facts: GuardFacts) => number | null) =>
    services.flatMap((facts) => {
      const value = of(facts);
      return value === null ? [] : [{ labels: { service: facts.state.service }, value }];
    });
  return [
    {
      ...gauge(
        'probe_success',
        'Did the last probe of real work pass? 1 or 0; absent while it could not look.',
      ),
      values: each(({ state }) => {
        const reason = state.life?.lastOutcome?.reason;
        if (!reason) return state.life ? null : 0;
        const result = RESULT_OF[reason];
        return result === 'unknown' ? null : Number(result === 'pass');
      }),
    },
    {
      ...gauge('probe_duration_seconds', 'How long the last probe took.'),
      values: each(({ state }) => seconds(state.life?.lastOutcome?.tookMs ?? null)),
    },
    {
      ...gauge('probe_deadline_seconds', 'The deadline of the next probe, learnt from its answers.'),
      values: each(({ state }) => seconds(state.probeDeadlineMs)),
    },
    {
      ...gauge('last_probe_timestamp_seconds', 'When the last probe came back.'),
      values: each(({ tally }) => seconds(tally.lastProbeWallMs)),
    },
    {
      ...gauge('last_look_timestamp_seconds', 'When the guard last looked and committed.'),
      values: each(({ tally }) => seconds(tally.lastLookWallMs)),
    },
    {
      ...gauge('serving', 'Is it serving, by the verdict? 1 or 0.'),
      values: each(({ state }) => Number(state.verdict.kind === 'serving')),
    },
    {
      ...gauge('blind', 'Can the guard not look? 1 or 0.'),
      values: each(({ state }) => Number(state.verdict.kind === 'unknown')),
    },
    {
      ...gauge('incident_open', 'Is an incident open? 1 or 0.'),
      values: services.map(({ state }) => ({
        labels: { service: state.service, drill: String(state.incident?.drill != null) },
        value: Number(state.incident !== null),
      })),
    },
    {
      ...gauge('incident_escalated', 'Is an open incident a person’s? 1 or 0.'),
      values: each(({ state }) => Number(state.incident?.status === 'escalated')),
    },
    {
      ...gauge('armed', 'May the guard kill? 1 or 0.'),
      values: each(({ state }) => Number(state.power === 'armed')),
    },
    {
      ...gauge('paused', 'Did an operator pause it? 1 or 0.'),
      values: each(({ state }) => Number(state.desired === 'paused')),
    },
    {
      ...gauge('kill_budget_remaining', 'Kills left within the window.'),
      values: each(({ killsMax, killsUsed }) => Math.max(0, killsMax - killsUsed)),
    },
  ];
}

function countMetrics(services: GuardFacts[]): Metric[] {
  const labelled = (of: (tally: Tally) => [label: string, value: string, count: number][]) =>
    services.flatMap(({ state, tally }) =>
      of(tally).map(([label, word, value]) => ({ labels: { service: state.service, [label]: word }, value })),
    );
  const plain = (of: (tally: Tally) => number) =>
    services.map(({ state, tally }) => ({ labels: { service: state.service }, value: of(tally) }));
  return [
    {
      ...counter('probes_total', 'Probes of real work, by how they ended.'),
      values: labelled(({ probes }) => [...probes].map(([reason, count]) => ['reason', reason, count])),
    },
    {
      ...counter('probe_seconds_total', 'Time that probes took, all together.'),
      values: plain(({ probeSecondsSum }) => probeSecondsSum),
    },
    { ...counter('kills_total', 'Kills decided and committed.'), values: plain(({ kills }) => kills) },
    {
      ...counter('kill_outcomes_total', 'What became of kills.'),
      values: labelled(({ killOutcomes }) =>
        [...killOutcomes].map(([outcome, count]) => ['outcome', outcome, count]),
      ),
    },
    {
      ...counter('incidents_total', 'Incidents opened; those of drills apart.'),
      values: labelled(({ incidents }) => [
        ['drill', 'false', incidents.real],
        ['drill', 'true', incidents.drill],
      ]),
    },
    {
      ...counter('incidents_resolved_total', 'Incidents resolved.'),
      values: plain(({ resolved }) => resolved),
    },
    {
      ...counter('escalations_total', 'Times that an incident was handed to a person.'),
      values: plain(({ escalations }) => escalations),
    },
    {
      ...counter('incarnations_total', 'Main processes seen; it rises with each restart.'),
      values: plain(({ incarnations }) => incarnations),
    },
  ];
}

function guardOwn({
  version,
  startWallMs,
  pagesPending,
  oldestPendingWallMs,
  nowWallMs,
}: ScrapeFacts): Metric[] {
  const ageMs = oldestPendingWallMs === null ? 0 : Math.max(0, nowWallMs - oldestPendingWallMs);
  return [
    { ...gauge('pages_pending', 'Pages that nobody has accepted yet.'), values: [{ value: pagesPending }] },
    {
      ...gauge(
        'oldest_pending_page_age_seconds',
        'For how long the oldest of them has waited; 0 without one.',
      ),
      values: [{ value: ageMs / 1_000 }],
    },
    {
      ...gauge('guard_start_timestamp_seconds', 'When this guard started; its counters begin then.'),
      values: [{ value: startWallMs / 1_000 }],
    },
    {
      ...gauge('build_info', 'Always 1; the label says which version.'),
      values: [{ labels: { version }, value: 1 }],
    },
  ];
}

const gauge = (name: string, help: string) => ({ name, help, type: 'gauge' as const });
const counter = (name: string, help: string) => ({ name, help, type: 'counter' as const });

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}
