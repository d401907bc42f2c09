import type { Page } from '../core/decision.js';

/** What a delivery attempt came to. Expected outcomes are values, never thrown. */
export type Delivery =
  | { outcome: 'accepted' }
  /** Worth trying again: network, 429, 5xx. */
  | { outcome: 'retry'; error: string; afterMs?: number }
  /** Never worth trying again: 400, bad credentials. */
  | { outcome: 'refused'; error: string };

/** One way to reach a person. */
export interface Notifier {
  name: string;
  deliver(page: Page, signal: AbortSignal): Promise<Delivery>;
}
