import type { Config } from '../config/service.js';

/**
 * With what that layer tells people: the notifiers that it names, and whoever takes over for those. All of them where the
 * config does not declare it. One config serves every machine, and each tells as  ninelives layers  says.
 */
export function notifiersOf(
  { notifiers, paging, outer }: Pick<Config, 'notifiers' | 'paging' | 'outer'>,
  layer: string,
): Config['notifiers'] {
  const declared = outer.layers.find(({ name }) => name === layer);
  if (!declared) return notifiers;
  const own = new Set(declared.notify);
  for (const name of declared.notify) for (const next of paging.routes[name]?.fallback ?? []) own.add(next);
  return notifiers.filter(({ name }) => own.has(name));
}
