import { runProgram } from '../../host/program.js';
import type { Collector } from '../evidence.js';

export interface Gpu {
  text: string;
}

/** nvidia-smi's own table: memory, utilisation, who uses it. It hangs with the driver, and that is evidence too. */
export const gpu: Collector<Gpu> = {
  limitMs: 2_000,
  async collect({ path, signal }) {
    const shown = await runProgram('nvidia-smi', [], { path, maxBytes: 16 * 1024, signal });
    if ('absent' in shown) return shown;
    if (shown.code !== 0 && shown.text.trim() === '')
      return { absent: `nvidia-smi: exit status ${shown.code}` };
    return { text: shown.text };
  },
};
