import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ProbeReason, RESULT_OF } from '../../core/types.js';
import { startDeadline } from './deadline.js';
import { judgeNetworkError } from './network.js';
import { judgeStatus } from './status.js';

test('each status says whose fault it is', () => {
  const table: [number[], ProbeReason | null][] = [
    [[200, 201, 204, 299], null],
    [[0, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 415, 418, 422, 501], 'misconfigured'],
    [[408, 425, 429], 'busy'],
    [[503], 'unavailable'],
    [[500, 502, 504, 507, 529, 599], 'error'],
  ];
  for (const [statuses, reason] of table) {
    for (const status of statuses) assert.equal(judgeStatus(status)?.reason ?? null, reason, String(status));
  }
});

test('no refusal of our own request ever counts against the service, and each comes with its fix', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 }), (status) => {
      const verdict = judgeStatus(status);
      if (verdict === null) return status >= 200 && status < 300;
      if (status < 500) assert.equal(RESULT_OF[verdict.reason], 'unknown');
      return (verdict.reason === 'misconfigured') === (verdict.fix !== null);
    }),
  );
});

test('what fetch throws is classified by its cause', () => {
  const failed = (cause: unknown) => new TypeError('fetch failed', { cause });
  const coded = (code: string) => Object.assign(new Error('x'), { code });
  const table: [unknown, ProbeReason][] = [
    [failed(coded('ECONNREFUSED')), 'refused'],
    [failed(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')], 'both addresses')), 'refused'],
    [failed(coded('ECONNRESET')), 'reset'],
    [failed(coded('UND_ERR_SOCKET')), 'reset'],
    [new TypeError('terminated', { cause: coded('UND_ERR_SOCKET') }), 'reset'],
    [failed(coded('ETIMEDOUT')), 'timeout'],
    [failed(coded('UND_ERR_CONNECT_TIMEOUT')), 'timeout'],
    [failed(coded('ENOTFOUND')), 'blind'],
    [failed(coded('EMFILE')), 'blind'],
    [failed(coded('EACCES')), 'blind'],
    [failed(coded('DEPTH_ZERO_SELF_SIGNED_CERT')), 'misconfigured'],
    [failed(coded('ERR_SSL_WRONG_VERSION_NUMBER')), 'misconfigured'],
    [failed(coded('HPE_INVALID_CONSTANT')), 'misconfigured'],
    [failed(Object.assign(new Error('… (Invalid EOF state)'), { name: 'HTTPParserError' })), 'reset'],
    [failed(Object.assign(new Error('… (Expected HTTP/)'), { name: 'HTTPParserError' })), 'misconfigured'],
    [failed(new Error('bad port')), 'misconfigured'],
    [failed(coded('SOMETHING_NEW')), 'blind'],
    [new TypeError('x is not a function'), 'blind'],
    [undefined, 'blind'],
    ['text', 'blind'],
    [null, 'blind'],
  ];
  for (const [error, reason] of table) {
    const verdict = judgeNetworkError(error);
    assert.equal(verdict.reason, reason, `${error}: ${verdict.detail}`);
    assert.notEqual(verdict.detail, '');
  }
  const loop = new Error('loop');
  loop.cause = loop;
  assert.equal(judgeNetworkError(loop).reason, 'blind');
});

test('the first cause wins, and nothing is left on a signal that lives on', async () => {
  const keepAlive = setInterval(() => {}, 1_000); // AbortSignal.timeout alone does not hold the process
  try {
    const parent = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = parent.signal;
    Object.assign(parent.signal, {
      addEventListener: (...rest: Parameters<typeof addEventListener>) => {
        listeners++;
        addEventListener.apply(parent.signal, rest);
      },
      removeEventListener: (...rest: Parameters<typeof removeEventListener>) => {
        listeners--;
        removeEventListener.apply(parent.signal, rest);
      },
    });
    const deadline = startDeadline(parent.signal, 10);
    await assert.rejects(deadline.within(new Promise(() => {})), /deadline/);
    parent.abort();
    assert.equal(deadline.cause(), 'deadline');
    deadline.end();
    assert.equal(listeners, 0);

    const cancelled = startDeadline(parent.signal, 60_000);
    assert.equal(cancelled.cause(), 'cancelled');
    assert.equal(cancelled.signal.aborted, true);
    cancelled.end();
  } finally {
    clearInterval(keepAlive);
  }
});
