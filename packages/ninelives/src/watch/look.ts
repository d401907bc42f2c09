import type { ProbeOutcome } from '../core/types.js';

/**
 * What an outer layer sees in one look: the public way by real work, and, only when that failed, everything that
 * tells whose fault it is. Plain JSON; `observe.ts` fills it, `verdict.ts` reads it.
 */
export interface Look {
  /** Real work through the public URL. */
  public: ProbeOutcome;
  /** Targets of other owners: can we see at all? Empty while the public way works. */
  controls: ControlLook[];
  /** The box from beside it; null where this layer stands elsewhere, or while the public way works. */
  lan: LanLook | null;
  /** Does the name of the public URL resolve? null: not asked, an address, or can't be asked from here. */
  name: 'resolves' | 'unknown' | 'no-answer' | null;
  /** The certificate at the public URL; null: not looked at, no TLS, or nobody answered there. */
  certificate: Certificate | null;
}

export interface ControlLook {
  name: string;
  /** Who runs it: two targets of one owner are one target. */
  owner: string;
  ok: boolean;
  detail: string;
}

/** How far a TCP connection to an address got: its kernel answers for a box even where no process does. */
export type Reach =
  | 'accepts'
  | 'refused' // a live box, and nobody on that port
  | 'silent' // nothing, or no way to it
  | 'unknown'; // our own fault: out of descriptors, aborted

export interface LanLook {
  /** As a person would type it: `192.0.2.10:8088`. */
  address: string;
  reach: Reach;
  /** Real work at the LAN address; null where the config names only an address, such as the port of sshd. */
  work: ProbeOutcome | null;
}

export interface Certificate {
  /** Unix time in ms at which it ends; null when it could not be read. */
  validToWallMs: number | null;
  /** Why clients would refuse it, in words (expired, another name, unknown issuer); null: they would not. */
  problem: string | null;
}
