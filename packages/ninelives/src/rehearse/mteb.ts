import { DatasetError } from './pairs.js';

/** A score that somebody published, to stand beside ours. */
export interface Reference {
  task: string;
  /** Spearman x 100, of cosines. */
  score: number;
}

/**
 * MTEB's own result file of an STS task: of version 1.11 and later (`task_name`, `scores.test[0].main_score`), or older
 * (`mteb_dataset_name`, `test.cos_sim.spearman`).
 * @throws DatasetError
 */
export function readReference(text: string): Reference {
  let result: unknown;
  try {
    result = JSON.parse(text);
  } catch {
    throw new DatasetError('it is not JSON');
  }
  const task = at(result, 'task_name') ?? at(result, 'mteb_dataset_name');
  const today = at(result, 'scores', 'test', '0');
  const older = at(result, 'test', 'cos_sim', 'spearman');
  const score =
    at(today, 'cosine_spearman') ?? at(today, 'cos_sim_spearman') ?? at(today, 'main_score') ?? older;
  if (typeof task === 'string' && typeof score === 'number') return { task, score: score * 100 };
  throw new DatasetError('it is no result of an STS task as MTEB writes it (scores.test[0].main_score)');
}

function at(value: unknown, ...path: string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as { [key: string]: unknown })[key];
  }
  return found;
}
