import type { IncidentReport, LayersNote } from '../report/model.js';

/** The contract between the daemon's API and the page: plain JSON. Times `…WallMs` are Unix ms, durations ms. */

/** How it looks from five steps away. */
export type Tone = 'good' | 'bad' | 'warn' | 'blind' | 'idle';

/** `GET /api/state`, and each `state` event of `GET /api/live`. */
export interface DashboardView {
  nowWallMs: number;
  services: ServiceView[];
  pages: PagesView;
  /** May this dashboard act, for whoever has the token? */
  actions: boolean;
}

export interface ServiceView {
  name: string;
  tone: Tone;
  /** One to three words: the state. */
  headline: string;
  /** The verdict's own sentence. */
  sentence: string;
  /** What to know beside it, each a sentence; the most pressing first. */
  remarks: string[];
  url: string;
  kind: string;
  pid: number | null;
  /** The last attempt at real work; null before the first. */
  last: { right: boolean; detail: string; tookMs: number } | null;
  /** What the cheap endpoints said when real work last failed; `lying` when they claimed health. */
  cheap: { text: string; lying: boolean } | null;
  armed: boolean;
  paused: boolean;
  proof: string;
  /** When it was proved; null: it was not. */
  provedWallMs: number | null;
  kills: { used: number; max: number; windowMs: number };
  openIncident: string | null;
  /** The last incident, when it is over and no longer ago than a day. */
  healed: { wallMs: number; lostMs: number; kills: number; drill: boolean } | null;
  drills: { fault: string; passed: boolean; wallMs: number }[];
  gateway: GatewayView | null;
  layers: LayersNote;
}

/** What its gateway does for clients: now, and since it started. */
export interface GatewayView {
  readiness: string;
  why: string;
  queued: number;
  inFlight: number;
  longestWaitMs: number | null;
  /** Replayed ones included. */
  answered: number;
  replayed: number;
  refused: number;
  clientGone: number;
  /** From a request's arrival to its whole answer; null without one. */
  meanMs: number | null;
}

export interface PagesView {
  pending: number;
  newest: {
    title: string;
    notifier: string;
    wallMs: number;
    state: 'sent' | 'pending' | 'withheld' | 'given up';
    error: string | null;
  }[];
}

/**
 * `GET /api/history?service=NAME&hours=72` (1, 6, 72, or `now`: the last ten minutes): columns, a value a bucket, oldest
 * first; null where nothing was measured.
 */
export interface HistoryView {
  fromWallMs: number;
  bucketMs: number;
  passed: number[];
  failed: number[];
  unknown: number[];
  watched: boolean[];
  meanMs: (number | null)[];
  maxMs: (number | null)[];
  /** The first look within it; null: none. */
  sinceWallMs: number | null;
  /** What clients got through the gateway: how many, and how long those that were answered waited. */
  clients: {
    answered: number[];
    replayed: number[];
    refused: number[];
    meanMs: (number | null)[];
    maxMs: (number | null)[];
  };
}

/** `GET /api/incidents?service=NAME`: newest first. */
export type IncidentsView = IncidentReport[];

/** `POST /api/actions` with `Authorization: Bearer TOKEN`. */
export type ActionRequest =
  | { service: string; action: 'pause' | 'resume' | 'acknowledge' }
  | { service: string; action: 'drill'; fault: string };

/** What became of it, in words. */
export interface ActionAnswer {
  done: boolean;
  text: string;
}
