import type { IncidentStatus, Power, VerdictKind } from '../core/decision.js';

/**
 * The report as data: what `report --json` prints, and what its HTML and its text are drawn from. Times named `…WallMs`
 * are Unix ms, durations ms; ratios are from 0 to 1, null where nothing was measured.
 */
export interface Report {
  version: 1;
  fromWallMs: number;
  toWallMs: number;
  madeWallMs: number;
  services: ServiceReport[];
  pages: PagesReport;
}

export interface ServiceReport {
  name: string;
  /** The state in one sentence, at the time of the report. */
  sentence: string;
  kind: VerdictKind;
  power: Power;
  /** What the power rests on, in words. */
  proof: string;
  availability: Availability;
  repair: RepairTimes;
  incidents: IncidentReport[];
  kills: KillRow[];
  drills: DrillSummary[];
  traffic: TrafficReport;
  watching: Watching;
  layers: LayersNote;
  strip: StripCell[];
}

/** By real work: probes that ask for inference and judge the answer. */
export interface Availability {
  /** 1 − lost / watched, without what drills took; null when nothing was watched. */
  ratio: number | null;
  /** The same with drills counted as losses. */
  ratioWithDrills: number | null;
  watchedMs: number;
  /** From the first failure to the first right answer, of incidents that were not drills. */
  lostMs: number;
  drillLostMs: number;
  probes: { passed: number; failed: number; unknown: number };
  /** Of right answers; null without one. */
  latency: { meanMs: number; maxMs: number } | null;
}

/** Means over the incidents that came to it; drills are apart. */
export interface RepairTimes {
  incidents: TimesOf;
  drills: TimesOf;
}

export interface TimesOf {
  count: number;
  /** First failed probe to the opening of the incident. */
  mttdMs: number | null;
  /** First failed probe to the first right answer. */
  mttrMs: number | null;
  worstMs: number | null;
}

export interface IncidentReport {
  id: string;
  status: IncidentStatus;
  kind: VerdictKind;
  sentence: string;
  drill: string | null;
  fromWallMs: number;
  /** First right answer; null while it lasts. */
  untilWallMs: number | null;
  lostMs: number;
  kills: number;
  escalations: number;
  acknowledgedBy: string | null;
  detectMs: number;
  /** The parts of the loss, one after the other; only those it came to. */
  phases: Phase[];
  timeline: TimelineLine[];
  /** What the gateway held and replayed meanwhile; null: nobody counted. */
  held: Held | null;
  /** What the cheap endpoints claimed while real work failed, e.g. "/health said 200 in 2 ms"; null: not asked. */
  cheap: string | null;
}

export interface Phase {
  name: 'detect' | 'kill' | 'restart' | 'load';
  ms: number;
}

export interface TimelineLine {
  wallMs: number;
  /** Since the first failure. */
  afterMs: number;
  type: string;
  text: string;
}

export interface KillRow {
  wallMs: number;
  incidentId: string | null;
  drill: boolean;
  why: string;
  outcome: string;
}

export interface DrillSummary {
  id: string;
  fault: string;
  wallMs: number;
  passed: boolean;
  /** In the window, or the last of its fault before it. */
  inWindow: boolean;
  why: string[];
  detectMs: number | null;
  serveMs: number | null;
  outageMs: number | null;
}

/** How requests ended, as a gateway counts them since its own start (I9: each in exactly one of these). */
export interface Ends {
  answered: number;
  replayed: number;
  refused: number;
  clientGone: number;
}

/** What became of clients during one incident, by the gateway's count. */
export interface Held extends Ends {
  /** The most that waited at one time. */
  waiting: number;
  longestWaitMs: number;
}

/** What clients saw, by the gateway's own count; `measured: false` when there is none. */
export type TrafficReport =
  | { measured: false; why: string }
  | {
      measured: true;
      sinceWallMs: number | null;
      requests: number;
      answered: number;
      replayed: number;
      refused: number;
      clientGone: number;
      /** Refused for our side's reasons: what a client would call a failure. */
      visibleFailures: number;
      /** How long clients waited for their answers; null without one. */
      latency: { meanMs: number; maxMs: number } | null;
    };

/** How much of the window somebody was looking. */
export interface Watching {
  /** Of the window since the first look on record. */
  ratio: number | null;
  firstLookWallMs: number | null;
  gaps: Gap[];
  guardStarts: number;
}

export interface Gap {
  fromWallMs: number;
  toWallMs: number;
}

/** One cell of the strip. */
export interface StripCell {
  fromWallMs: number;
  toWallMs: number;
  passed: number;
  failed: number;
  unknown: number;
  watched: boolean;
  /** An incident touches it: a real one, a drill's, or none. */
  incident: 'real' | 'drill' | null;
}

export interface PagesReport {
  pending: number;
  oldestPendingWallMs: number | null;
}

/** Who watches, and which failure is noticed by whom. */
export interface LayersNote {
  layers: LayerRow[];
  matrix: MatrixRow[];
}

/** One class of failure; cells in the order of the layers that are set up. */
export interface MatrixRow {
  failure: string;
  cells: { text: string; sees: boolean }[];
  /** Is there somebody who notices and can tell? */
  caught: boolean;
}

/** One failure domain's watcher. */
export interface LayerRow {
  name: string;
  catches: string;
  status: 'watching' | 'late' | 'not set up' | 'unknown';
  /** Its last sign of life here; null without one. */
  lastWallMs: number | null;
  /** When it last took a heartbeat of ours; null: never, or it gets none. */
  tookWallMs: number | null;
  text: string;
}
