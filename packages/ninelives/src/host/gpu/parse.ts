const MIB = 1024 * 1024;

/** One GPU as nvidia-smi lists it; null where it says [N/A] or the like. */
export interface Gpu {
  uuid: string;
  busyPercent: number | null;
  usedBytes: number | null;
  totalBytes: number | null;
}

/** GPU memory of one process. */
export interface GpuProcess {
  pid: number;
  uuid: string;
  usedBytes: number | null;
}

/** The fields that `parseGpus` takes, in its order: nvidia-smi --help-query-gpu. */
export const GPU_FIELDS = 'uuid,utilization.gpu,memory.used,memory.total';
/** nvidia-smi --help-query-compute-apps. */
export const PROCESS_FIELDS = 'pid,gpu_uuid,used_gpu_memory';

/** `--format=csv,noheader,nounits`: a line each; what is no such line is left out. Pure and total. */
export function parseGpus(text: string): Gpu[] {
  return rows(text, 4).flatMap(([uuid = '', busy = '', used = '', total = '']) => {
    if (!isUuid(uuid)) return [];
    const busyPercent = amount(busy);
    return [{ uuid, busyPercent: within(busyPercent, 100), usedBytes: mib(used), totalBytes: mib(total) }];
  });
}

export function parseGpuProcesses(text: string): GpuProcess[] {
  return rows(text, 3).flatMap(([pid = '', uuid = '', used = '']) => {
    if (!/^\d{1,10}$/.test(pid) || !isUuid(uuid)) return [];
    return [{ pid: Number(pid), uuid, usedBytes: mib(used) }];
  });
}

function rows(text: string, columns: number): string[][] {
  return text
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((cells) => cells.length === columns);
}

function isUuid(text: string): boolean {
  return /^(GPU|MIG)-[0-9A-Za-z/-]{4,80}$/.test(text);
}

function amount(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function within(value: number | null, max: number): number | null {
  return value !== null && value <= max ? value : null;
}

function mib(text: string): number | null {
  const value = amount(text);
  return value === null ? null : value * MIB;
}
