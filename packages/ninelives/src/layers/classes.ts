import type { DomainKind, Domains } from '../config/service.js';
import type { Defence } from './defence.js';

/** One thing that can fail, with all that is in it: the process of the service, of a layer, its tunnel, or a domain. */
export interface FailureClass {
  kind: 'model' | 'tunnel' | 'layer' | DomainKind;
  /** The domain's name, or the layer's. */
  name: string;
  /** In words: `the power of home`. */
  words: string;
}

const WORDS: { [kind in DomainKind]: (name: string) => string } = {
  process: (name) => `the process ${name}`,
  host: (name) => `the machine ${name}`,
  power: (name) => `the power of ${name}`,
  uplink: (name) => `the uplink ${name}`,
  site: (name) => `the site ${name}`,
  provider: (name) => `${name}`,
};

/** Every class that the config names, from the smallest to the largest. */
export function failureClasses(defence: Defence): FailureClass[] {
  const { service, layers, notifiers, controls } = defence;
  const own: FailureClass[] = [
    { kind: 'model', name: service.name, words: 'the model hangs, crashes or answers wrongly' },
    ...(service.public ? [{ kind: 'tunnel' as const, name: 'tunnel', words: 'the tunnel' }] : []),
    ...layers.map(({ name }) => ({ kind: 'layer' as const, name, words: `${name} itself stops` })),
  ];
  // A control target's owner is of interest only where something else fails with it, or they all do.
  const all: { domains: Domains }[] = [
    service,
    ...layers,
    ...Object.values(notifiers).map((domains) => ({ domains })),
  ];
  const found = new Map<string, FailureClass>();
  for (const kind of Object.keys(WORDS) as DomainKind[]) {
    for (const { domains } of [...all, ...commonTo(kind, controls)]) {
      for (const name of domains[kind] ?? []) {
        found.set(`${kind} ${name}`, { kind, name, words: WORDS[kind](name) });
      }
    }
  }
  return [...own, ...found.values()];
}

/** Domains that every control target is in: with it, every watcher is blind. */
function commonTo(kind: DomainKind, controls: Defence['controls']): { domains: Domains }[] {
  const [first, ...rest] = controls;
  const names = (first?.domains[kind] ?? []).filter((name) =>
    rest.every(({ domains }) => domains[kind]?.includes(name)),
  );
  return names.length > 0 ? [{ domains: { [kind]: names } }] : [];
}

/** Does this fail when that class does? */
export function inClass(failure: FailureClass, member: { name?: string; domains: Domains }): boolean {
  if (failure.kind === 'model' || failure.kind === 'tunnel') return false;
  if (failure.kind === 'layer') return member.name === failure.name && 'kind' in member;
  return member.domains[failure.kind]?.includes(failure.name) ?? false;
}
