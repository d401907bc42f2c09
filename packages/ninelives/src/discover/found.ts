import type { ProcessId } from '../core/types.js';
import type { Recognised } from './apis/recognised.js';
import type { ApiName } from './apis/table.js';

/** Somebody of mine who listens on a TCP port. */
export interface Listening {
  port: number;
  /** As in a URL: `127.0.0.1`, `[::1]`, or the one address that it listens on. */
  host: string;
  process: ProcessId & { name: string };
  /** The command of the job that it belongs to, which is not always its own: a worker's can't be started alone. */
  command: { pid: number; argv: string[]; folder: string | null };
  /** A ninelives supervises it already. */
  guarded: boolean;
}

export interface Found extends Listening {
  /** `http://127.0.0.1:8000` */
  url: string;
  /** The unit whose main process is mine; null where nobody, or nothing that we know, would start it again. */
  unit: { unit: string; user: boolean } | null;
  /** null: it listens, and is none of the APIs that we know. */
  api: (Recognised & { name: ApiName }) | null;
}
