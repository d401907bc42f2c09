import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runSaturation } from './saturation.js';

/** Ten minutes of this are in bench/verdict. */
const SATURATED_MS = 20_000;

describe('the real embedder, ten times its capacity offered', () => {
  it('is never killed for it; with its engine frozen under that load it is', async () => {
    const { tally, saturated, frozen, ...rates } = await runSaturation('quick', SATURATED_MS);
    const story = JSON.stringify({ rates, tally, saturated, frozen }, null, 2);
    assert.ok((tally['429'] ?? 0) > (tally['200'] ?? 0), `it was saturated: ${story}`);
    assert.ok((tally['200'] ?? 0) > 0, `it worked all the while: ${story}`);
    assert.equal(saturated.kills, 0, story);
    assert.equal(frozen.kills, 1, story);
    assert.match(frozen.reasons[0] ?? '', /^hung:/);
  });
});
