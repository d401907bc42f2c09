import type { GuardRecord, TrafficMinute } from './record.js';

/** A note among the others. */
const SEEN = 'traffic-seen';

/** Notes, and what clients asked, in memory: see GuardRecord. */
export interface NotesTable
  extends Pick<GuardRecord, 'note' | 'setNote' | 'addTraffic' | 'traffic' | 'trafficSeen'> {
  retain(olderThanWallMs: number): void;
}

export function memoryNotes(): NotesTable {
  const notes = new Map<string, string>();
  const keyOf = (service: string, key: string) => JSON.stringify([service, key]);
  const note: GuardRecord['note'] = (service, key) => {
    const value = notes.get(keyOf(service, key));
    return value === undefined ? undefined : JSON.parse(value);
  };
  const setNote: GuardRecord['setNote'] = (service, key, value) => {
    notes.set(keyOf(service, key), JSON.stringify(value ?? null));
  };
  const tables = new Map<string, Map<number, TrafficMinute>>();
  const rowsOf = (service: string) => [...(tables.get(service) ?? []).values()];
  return {
    note,
    setNote,
    addTraffic(service, row, seen) {
      const rows = tables.get(service) ?? new Map<number, TrafficMinute>();
      tables.set(service, rows);
      const known = rows.get(row.minute);
      rows.set(row.minute, known ? summed(known, row) : { ...row });
      setNote(service, SEEN, seen);
    },
    trafficSeen: (service) => note(service, SEEN) ?? null,
    traffic: (service, sinceWallMs) =>
      rowsOf(service)
        .filter(({ minute }) => minute >= Math.floor(sinceWallMs / 60_000))
        .sort((a, b) => a.minute - b.minute)
        .map((row) => ({ ...row })),
    retain(olderThanWallMs) {
      for (const rows of tables.values()) {
        for (const minute of rows.keys()) if ((minute + 1) * 60_000 < olderThanWallMs) rows.delete(minute);
      }
    },
  };
}

function summed(a: TrafficMinute, b: TrafficMinute): TrafficMinute {
  return {
    minute: a.minute,
    answered: a.answered + b.answered,
    replayed: a.replayed + b.replayed,
    refused: a.refused + b.refused,
    clientGone: a.clientGone + b.clientGone,
    tookSumMs: a.tookSumMs + b.tookSumMs,
    tookMaxMs: Math.max(a.tookMaxMs, b.tookMaxMs),
  };
}
