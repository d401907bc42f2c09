import { chat } from './chat.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import { http } from './http.js';
import type { Kind } from './kind.js';

/** Every kind of probe, by the name that the config uses. */
export const KINDS = { embeddings, chat, completions, http } as const satisfies { [name: string]: Kind };

export type KindName = keyof typeof KINDS;

export function kindNamed(name: string): Kind | null {
  return Object.hasOwn(KINDS, name) ? KINDS[name as KindName] : null;
}
