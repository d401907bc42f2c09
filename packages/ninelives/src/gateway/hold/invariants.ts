import { assert } from '../../core/assert.js';
import type { HoldLimits } from '../limits.js';
import type { HoldState } from './state.js';

/** What holds after every event, in production too; all of it costs the same for one request and a thousand. */
export function assertHold(state: HoldState, limits: HoldLimits): void {
  const { counts, requests, line, flying, bytes } = state;
  const { answered, replayed, refused } = counts.ends;
  const ended = answered + replayed + refused + counts.ends['client-gone'];
  assert(
    counts.arrived === ended + requests.size,
    'I9',
    `${counts.arrived} came, ${ended} ended, ${requests.size} are here`,
  );
  assert(
    requests.size === line.waiting.length + flying.size,
    'I9',
    'a request is neither waiting nor on its way',
  );
  assert(requests.size <= limits.requestsMax, 'gateway limits', `${requests.size} requests`);
  assert(bytes >= 0 && bytes <= limits.bytesMax, 'gateway limits', `${bytes} bytes`);
  assert(requests.size > 0 || bytes === 0, 'gateway limits', `${bytes} bytes of nobody`);
}

/** The same, looking at every request: for the simulation. */
export function assertEveryRequest(state: HoldState, limits: HoldLimits): void {
  const waiting = new Set(state.line.waiting);
  assert(waiting.size === state.line.waiting.length, 'I9', 'a request waits twice');
  for (const held of state.requests.values()) {
    const { id, copies, deaths, unavailable } = held;
    const waits = waiting.has(held);
    assert(waits === (held.phase === 'queued'), 'I9', `request ${id} is ${held.phase}, and waits: ${waits}`);
    assert(state.flying.has(held) !== waits, 'I9', `request ${id} waits and is on its way, or neither`);
    const allowed = 1 + deaths + unavailable;
    assert(copies <= allowed, 'one copy a death', `request ${id}: ${copies} copies, ${deaths} deaths`);
    assert(
      copies <= limits.copiesMax + limits.unavailableMax,
      'gateway limits',
      `request ${id}: ${copies} copies`,
    );
    assert(held.replay === 'whole' || copies - unavailable <= 1, 'replay', `request ${id} was sent twice`);
  }
  const trials = [...state.flying].filter((held) => held.trial);
  assert(trials.length === 0 || state.flying.size === 1, 'trial', 'a suspect is not alone');
}
