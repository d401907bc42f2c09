import type { Answers } from './answers.js';
import type { WorkKind } from './recognised.js';

/** Total readers of JSON that a stranger wrote: whatever is there, nothing throws. */
export type Json = { [key: string]: unknown };

export function asObject(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

export function asObjects(value: unknown): Json[] {
  return (Array.isArray(value) ? value : []).map(asObject).filter((each) => each !== null);
}

export function asText(value: unknown): string | null {
  // A model's name ends up in a config and on a terminal.
  return typeof value === 'string' && value !== '' && value.length <= 300 && !/\p{Cc}/u.test(value)
    ? value
    : null;
}

/** The object that a path answered with 200, or null. */
export function objectAt(answers: Answers, path: string): Json | null {
  const answer = answers[path];
  return answer?.status === 200 ? asObject(answer.json) : null;
}

export interface Model {
  id: string;
  ownedBy: string | null;
  raw: Json;
}

/** OpenAI's list of models; `data` was a single object in old versions of infinity. */
export function modelsAt(answers: Answers, path: string): Model[] {
  const { data } = objectAt(answers, path) ?? {};
  return asObjects(asObject(data) ? [data] : data).flatMap((raw) => {
    const id = asText(raw.id);
    return id === null ? [] : [{ id, ownedBy: asText(raw.owned_by), raw }];
  });
}

const EMBEDS = /embed|\b(bge|gte|e5|jina|sfr|stella|instructor)\b|minilm|nomic|arctic|sentence/i;

/** Where a server does not say what it does, its model's name does; what is right is found out by asking. */
export function likelyKinds(model: string | null): WorkKind[] {
  return EMBEDS.test(model ?? '')
    ? ['embeddings', 'chat', 'completions']
    : ['chat', 'embeddings', 'completions'];
}
