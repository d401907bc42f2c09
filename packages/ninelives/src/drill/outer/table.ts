/** A drill of the layers outside the box: what fails, and what a person does where it can't be done from here. */
export interface OuterDrill {
  name: string;
  /** One line of `drill --list`. */
  summary: string;
  /** After "expects:" and "passed:". */
  expects: string;
  /** Whose row of  ninelives layers  foretells what follows: the domain of the service, its tunnel, or a layer. */
  failure: 'host' | 'power' | 'tunnel' | 'layer';
  /** What a person is asked to do, and to undo. */
  ask: { cut: string; mend: string };
}

const EXPECTS = 'each layer that ninelives layers names tells of it, in its time, and nobody else';

/** By their names on the command line, the smallest failure first. */
export const OUTER_DRILLS: readonly OuterDrill[] = [
  {
    name: 'tunnel-down',
    summary: 'the public way ends: our own tunnel is stopped, or you stop it; who tells you, and when?',
    expects: EXPECTS,
    failure: 'tunnel',
    ask: { cut: 'stop the tunnel now', mend: 'start the tunnel again' },
  },
  {
    name: 'watcher-dead',
    summary: 'a watcher falls silent: ours is stopped, or you stop it; who notices?',
    expects: EXPECTS,
    failure: 'layer',
    ask: { cut: 'stop the watcher now', mend: 'start the watcher again' },
  },
  {
    name: 'host-down',
    summary: 'the box is gone: a rehearsal, you pull its plug; run it on another machine',
    expects: EXPECTS,
    failure: 'host',
    ask: { cut: 'pull the plug of the box now', mend: 'plug the box in again, and start it' },
  },
  {
    name: 'site-dark',
    summary: 'the whole site without power or line: a rehearsal, you switch it off; run it from elsewhere',
    expects: EXPECTS,
    failure: 'power',
    ask: { cut: 'switch the site off now', mend: 'switch the site on again' },
  },
];

export function outerDrillNamed(name: string): OuterDrill | null {
  return OUTER_DRILLS.find((drill) => drill.name === name) ?? null;
}
