import type { Page } from '../core/decision.js';

/** What a delivery attempt came to. Expected outcomes are values, never thrown. */
export type Delivery =
  /** `receipt`: what the far end calls it, where one can ask later whether somebody acknowledged. */
  | { outcome: 'accepted'; receipt?: string }
  /** Worth trying again: network, 429, 5xx. */
  | { outcome: 'retry'; error: string; afterMs?: number }
  /** Never worth trying again: 400, bad credentials. */
  | { outcome: 'refused'; error: string };

/** A page that was accepted with a receipt, and whose incident nobody has acknowledged yet. */
export interface Receipt {
  receipt: string;
  service: string;
  incidentId: string;
}

/** Somebody said, on the phone, that they are on it. Null: of whatever is open. */
export interface Acknowledgement {
  service: string | null;
  incidentId: string | null;
  by: string;
  /** Unix time in ms at which they said so. */
  wallMs: number;
}

/** What people answered since the cursor; the next one begins there. */
export interface Answers {
  acknowledgements: Acknowledgement[];
  cursor: string | null;
}

/** One way to reach a person. */
export interface Notifier {
  name: string;
  deliver(page: Page, signal: AbortSignal): Promise<Delivery>;
  /** Asks what people answered; null when it could not be asked. Absent where nobody can answer this way. */
  answers?(
    asked: { cursor: string | null; sinceWallMs: number; receipts: Receipt[] },
    signal: AbortSignal,
  ): Promise<Answers | null>;
}
