import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Domains, LayerConfig } from '../config/service.js';
import { DEFAULT_POLICY } from '../core/policy.js';
import { DEFAULT_WATCH_POLICY } from '../watch/policy.js';
import type { Defence } from './defence.js';
import { findings } from './findings.js';
import { matrixOf } from './matrix.js';

const HOME: Domains = { power: ['home'], uplink: ['isp'], site: ['home'] };
const layer = (name: string, kind: LayerConfig['kind'], rest: Partial<LayerConfig>): LayerConfig => ({
  name,
  kind,
  domains: {},
  notify: ['ntfy'],
  everyMs: { guard: 2_000, watch: 180_000, beacon: 300_000 }[kind],
  lan: kind === 'watch',
  heardBy: [],
  graceMs: 900_000,
  ...rest,
});

const GUARD = layer('guard', 'guard', { domains: { host: ['box'], ...HOME }, heardBy: ['lan'] });
const LAN = layer('lan', 'watch', { domains: { host: ['nuc'], ...HOME }, heardBy: ['off'] });
const OFF = layer('off', 'beacon', { domains: { provider: ['aws'] }, notify: ['push'], heardBy: ['hc.io'] });

function defence(layers: LayerConfig[], rest: Partial<Defence> = {}): Defence {
  return {
    service: { name: 'svc', domains: { host: ['box'], ...HOME, provider: ['cloudflare'] }, public: true },
    tunnel: DEFAULT_POLICY,
    layers,
    notifiers: { ntfy: { provider: ['ntfy.sh'] }, push: { provider: ['pushover'] } },
    controls: [
      { name: 'a', domains: { provider: ['google'] } },
      { name: 'b', domains: { provider: ['mozilla'] } },
    ],
    guard: DEFAULT_POLICY,
    watch: DEFAULT_WATCH_POLICY,
    ...rest,
  };
}

/** `failure: layer state/notices/tells …` */
function cellsOf(given: Defence, words: string): string {
  const row = matrixOf(given).rows.find(({ failure }) => failure.words === words);
  assert.ok(row, words);
  return row.cells
    .map(({ layer, state, notices, worstMs }) => {
      const what = [...(notices.loss ? ['loss'] : []), ...notices.silenceOf].join('+') || '-';
      return `${layer}:${state === 'up' ? what : state}${worstMs === null ? '' : '!'}`;
    })
    .join(' ');
}

describe('the matrix of layers', () => {
  it('says who notices what, and who can tell', () => {
    const three = defence([GUARD, LAN, OFF]);
    const table: [string, string][] = [
      ['the model hangs, crashes or answers wrongly', 'guard:loss! lan:loss! off:loss!'],
      ['the tunnel', 'guard:loss! lan:loss! off:loss!'],
      ['guard itself stops', 'guard:down lan:guard! off:-'],
      ['lan itself stops', 'guard:- lan:down off:lan!'],
      ['off itself stops', 'guard:- lan:- off:down'],
      ['the machine box', 'guard:down lan:loss+guard! off:loss!'],
      ['the power of home', 'guard:down lan:down off:loss+lan!'],
      ['the uplink isp', 'guard:mute lan:blind off:loss+lan!'],
      ['cloudflare', 'guard:- lan:loss! off:loss!'],
      ['ntfy.sh', 'guard:- lan:- off:-'],
    ];
    for (const [words, cells] of table) assert.equal(cellsOf(three, words), cells, words);
    assert.deepEqual(findings(matrixOf(three)), []);
    const shared = matrixOf(three).shared.map(
      ({ kind, name, members }) => `${kind} ${name}: ${members.join()}`,
    );
    assert.ok(shared.includes('power home: guard,lan,the service'), shared.join('; '));
  });

  it('calls two layers one where they fail together and nobody else notices', () => {
    const said = (given: Defence) => findings(matrixOf(given)).map(({ sentence }) => sentence);
    const two = said(defence([GUARD, { ...LAN, heardBy: [] }]));
    assert.ok(
      two.includes(
        'these two are one layer (guard and lan): the power of home takes guard and lan, and nobody else notices',
      ),
      two.join('\n'),
    );
    assert.ok(two.includes('nobody notices when lan stops'));
    // Off-site, on the same vendor as the tunnel: the classic.
    const worker = { ...OFF, domains: { provider: ['cloudflare'] } };
    assert.deepEqual(
      said(
        defence([
          { ...GUARD, heardBy: ['hc.io'] },
          { ...LAN, notify: [] },
          { ...worker, heardBy: [] },
        ]),
      ),
      [
        'nobody notices when off stops',
        'off is the only layer here: cloudflare takes off, and nobody else notices',
      ],
    );
    // One server carries the pages of all.
    const sameServer = said(defence([GUARD, LAN, { ...OFF, notify: ['ntfy'] }]));
    assert.deepEqual(sameServer, [
      'these 3 are one layer (guard, lan and off): ntfy.sh carries every page of guard and lan and off',
    ]);
  });

  it('counts a watcher whose control targets all fail with the loss as blind', () => {
    const controls = [
      { name: 'a', domains: { provider: ['cloudflare'] } },
      { name: 'b', domains: { provider: ['cloudflare'] } },
    ];
    assert.equal(cellsOf(defence([GUARD, LAN, OFF], { controls }), 'cloudflare'), 'guard:- lan:- off:-');
  });

  it('states from the policies when a loss is told, and when a silence', () => {
    const { rows } = matrixOf(defence([GUARD, LAN, OFF]));
    const within = (words: string) =>
      rows
        .find(({ failure }) => failure.words === words)
        ?.cells.map(({ lossMs, silenceMs }) => [lossMs, silenceMs] as const);
    const outer = (everyS: number) => ({ soonest: 60_000, worst: (everyS + 60 + 180) * 1_000 });
    // A crash that is being mended for too long, since that is later than the longest patience with a hang.
    assert.deepEqual(within('the model hangs, crashes or answers wrongly'), [
      [{ soonest: 0, worst: 902_000 }, {}],
      [outer(180), {}],
      [outer(300), {}],
    ]);
    // Whoever comes in passes judges a silence at the end of one, which may be a long one.
    assert.deepEqual(within('the power of home')?.[2], [
      outer(300),
      { lan: { soonest: 720_000, worst: (180 + 900 + 540) * 1_000 } },
    ]);
    const off = rows.find(({ failure }) => failure.words === 'off itself stops');
    assert.deepEqual([off?.outside, off?.outsideMs], [['hc.io'], 1_200_000]);
  });
});
