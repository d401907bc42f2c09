import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, rename, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvidenceBundle } from './evidence.js';

/** Below the state folder: one folder an incident, one file a kill. */
const FOLDER = 'evidence';
/** Some 50 MiB at the very most. */
const INCIDENTS_KEPT = 200;
/** What is left on the disk belongs to the record (I5). */
const SPARE_BYTES = 16 * 1024 * 1024;

export interface StoredEvidence {
  path: string;
  bundle: EvidenceBundle;
}

/** @throws what the file system throws, or when the disk is nearly full: evidence is the first to be given up (I5). */
export async function writeEvidence(stateDir: string, bundle: EvidenceBundle): Promise<void> {
  const folder = join(stateDir, FOLDER, nameOf(bundle.incidentId));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < SPARE_BYTES) throw new Error('the disk is nearly full');
  const file = join(folder, `${nameOf(bundle.intentId)}.json`);
  await writeFile(`${file}.part`, `${JSON.stringify(bundle)}\n`, { mode: 0o600 });
  await rename(`${file}.part`, file);
}

/** Everything kept of an incident, oldest kill first. What can't be read is left out. */
export function readEvidence(stateDir: string, incidentId: string): StoredEvidence[] {
  const folder = join(stateDir, FOLDER, nameOf(incidentId));
  return list(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name): StoredEvidence[] => {
      const path = join(folder, name);
      try {
        const bundle = JSON.parse(readFileSync(path, 'utf8')) as EvidenceBundle;
        return bundle?.version === 1 ? [{ path, bundle }] : [];
      } catch {
        // Damaged, or just pruned: the incident's own story does not depend on it.
        return [];
      }
    })
    .sort((a, b) => a.bundle.wallMs - b.bundle.wallMs);
}

/** Forgets what is older, and all but the newest. */
export function pruneEvidence(stateDir: string, olderThanWallMs: number): void {
  const folders = list(join(stateDir, FOLDER)).map((name) => join(stateDir, FOLDER, name));
  const aged = folders
    .map((path) => ({ path, wallMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.wallMs - a.wallMs);
  for (const [rank, { path, wallMs }] of aged.entries()) {
    if (rank >= INCIDENTS_KEPT || wallMs < olderThanWallMs) remove(path);
  }
}

/** Gives all of it up for space; false when there was none. */
export function dropEvidence(stateDir: string): boolean {
  const folder = join(stateDir, FOLDER);
  return list(folder).length > 0 && remove(folder);
}

function remove(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return false; // a read-only disk: nothing to win here
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Nothing was kept yet.
    return [];
  }
}

/** Ids are made of a service's name and a number; none may lead out of the folder. */
function nameOf(id: string): string {
  return id.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\./, '_');
}
