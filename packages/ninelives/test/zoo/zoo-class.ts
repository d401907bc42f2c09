import type { VerdictKind } from '../../src/core/decision.js';
import type { FaultName } from './servers/faults/table.js';

/**
 * killed    one SIGKILL by the guard, and the next life serves
 * spared    never killed; when the trouble is over, the same life serves
 * warned    it serves, is never killed, and a person is told what will happen to it
 * paged     never killed; a person is told
 * revived   never killed by the guard; the supervisor brings it back and it serves
 * given-up  killed as often as the budget allows, then a person is told and it is left alone
 */
export type Action = 'killed' | 'spared' | 'warned' | 'paged' | 'revived' | 'given-up';

/** A process or a client that the harness adds, because the class is not about the server alone. */
export type Company =
  | 'stranger' // takes the port as soon as it is free
  | 'crowd' // ten times what the server can do
  | 'clients' // two requests a second through the gateway, from before the trouble on
  | 'sleeper' // one request, through the gateway, that takes as long as the trouble lasts
  | 'poisoner' // sends again and again the text that hangs it
  | 'upstream'; // the real server, outside the tree of the main process

/** busy: 97 %, whoever works there; idle: 0 %; hangs: it never ends. */
export type GpuSays = 'busy' | 'idle' | 'hangs';

/** Settings of `guard:` in ninelives.yaml. */
export type GuardSettings = { [key: string]: string | number | { failures: number; of: number } };

/** How long things take at one pace. */
export interface Pace {
  /** How long the trouble itself lasts, where it ends by itself. */
  lastsMs?: number;
  /**
   * killed, given-up: from the fault to the (last) kill. revived: to serving. paged, warned: to the page.
   * spared: from the end of the trouble to serving.
   */
  limitMs: number;
  guard?: GuardSettings;
}

/** One class of misbehaviour: how it is made, and what must come of it. */
export interface ZooClass {
  name: string;
  /** For people, and for the table in docs. */
  what: string;
  /** Rows of the study of hang classes that it stands for. */
  rows: number[];
  fault: FaultName;
  /** What is started; the server itself by default. */
  program?: 'front' | 'container-client';
  company?: Company;
  /** What nvidia-smi says there: a stand-in program on PATH that really runs. */
  gpu?: GpuSays;
  /** Its clients come through the gateway. */
  gateway?: boolean;
  /** Its counter is named in the configuration. */
  counter?: boolean;
  /** Right answers were approved by a person. */
  golden?: boolean;
  /** One of these must be said: at the kill, at the page, or (spared, revived) while the trouble lasts. */
  verdict: readonly VerdictKind[];
  /** What it must be called while patience lasts. */
  meanwhile?: VerdictKind;
  /** A person may be told although it heals. */
  mayPage?: boolean;
  action: Action;
  /** On the default settings of `ninelives up`. */
  usual: Pace;
  /** With patience shortened, so that a test can wait for it. */
  quick: Pace;
}
