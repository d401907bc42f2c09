import { pathToFileURL } from 'node:url';
import type { assertEveryRequest } from '../../../src/gateway/hold/invariants.js';
import type { wantsLook } from '../../../src/gateway/hold/passing.js';
import type { createHoldState } from '../../../src/gateway/hold/state.js';
import type { step } from '../../../src/gateway/hold/step.js';

/** The hold under test, loaded from a folder of compiled sources: the real one, or a mutated copy. */
export interface Hold {
  createHoldState: typeof createHoldState;
  step: typeof step;
  wantsLook: typeof wantsLook;
  assertEveryRequest: typeof assertEveryRequest;
}

/** @param folder absolute path of a `dist/src`. */
export async function loadHold(folder: string): Promise<Hold> {
  const load = (file: string) => import(pathToFileURL(`${folder}/gateway/hold/${file}.js`).href);
  const [state, decision, passing, invariants] = await Promise.all(
    ['state', 'step', 'passing', 'invariants'].map(load),
  );
  return {
    createHoldState: state.createHoldState,
    step: decision.step,
    wantsLook: passing.wantsLook,
    assertEveryRequest: invariants.assertEveryRequest,
  };
}
