import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Matrix } from '../../src/layers/matrix.js';
import { Chance } from '../sim/seed/prng.js';
import { CUTS } from './cuts.js';
import { openSite, type Site } from './site.js';
import { tryCut } from './trial.js';

const needs = fileURLToPath(new URL('../../../test/site/needs.mjs', import.meta.url));
const { ensureSiteNeeds } = (await import(needs)) as { ensureSiteNeeds(): string | null };
const lacks = ensureSiteNeeds();
if (lacks && process.env.CI) throw new Error(`under CI nothing may be skipped; four machines: ${lacks}`);

/**
 * Each kind of cut that issue and DESIGN.md name, within two minutes. The box alone (a LAN layer's looks run into every
 * deadline then; its death and its boot are in the power cut) and the process for good are in bench/layers, with many orders.
 */
const IN_SUITE = /frozen|guard|tunnel|LAN|line|power|scheduler|notifier/;
/** Any order must do; this one can be had again. */
const SEED = Number(process.env.NINELIVES_SITE_SEED ?? '20261125');
const chance = new Chance(SEED);
const inOrder = CUTS.filter(({ name }) => IN_SUITE.test(name))
  .map((cut) => ({ cut, at: chance.bits() }))
  .sort((a, b) => a.at - b.at)
  .map(({ cut }) => cut);

describe('four machines: what layers foretells is what arrives', { skip: lacks ?? false }, () => {
  let site: Site | undefined;
  let matrix: Matrix;
  before(async () => {
    site = await openSite();
    matrix = site.layers() as Matrix;
  });
  after(() => site?.close());

  for (const cut of inOrder) {
    it(`${cut.name} (seed ${SEED})`, async () => {
      assert.ok(site);
      const outcome = await tryCut(site, matrix, cut);
      assert.deepEqual(outcome.faults, [], JSON.stringify({ ...outcome, arrived: site.arrived() }, null, 2));
    });
  }
});
