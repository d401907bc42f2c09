import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration, suggestDuration } from './duration.js';

test('durations are read', () => {
  const table: [string, number | null][] = [
    ['500ms', 500],
    ['2s', 2_000],
    ['3m', 180_000],
    ['1h30m', 5_400_000],
    ['14d', 1_209_600_000],
    ['1m500ms', 60_500],
    ['0s', 0],
    ['', null],
    ['30', null],
    ['3 m', null],
    ['1.5h', null],
    ['30s1m', null],
    ['-1s', null],
    ['1s1s', null],
    ['99999999999999999999d', null],
  ];
  for (const [text, ms] of table) assert.equal(parseDuration(text), ms, text);
});

test('what was probably meant', () => {
  const table: [string, string | null][] = [
    ['30', '30s'],
    ['3 minutes', '3m'],
    ['1.5h', '1h30m'],
    ['90sec', '1m30s'],
    ['2 h 5 min', '2h5m'],
    ['250 msec', '250ms'],
    ['soon', null],
    ['3 fortnights', null],
    ['5constructor', null],
    ['', null],
  ];
  for (const [text, suggestion] of table) assert.equal(suggestDuration(text), suggestion, text);
});

test('every whole number of milliseconds survives the round trip', () => {
  fc.assert(fc.property(fc.nat({ max: 2 ** 45 }), (ms) => parseDuration(formatDuration(ms)) === ms));
});

test('what parses is what format would write, or an unreduced form of it; suggestions always parse', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'0123456789dhms. '.split('')), maxLength: 12 }),
      (text) => {
        const ms = parseDuration(text);
        if (ms !== null) assert.equal(parseDuration(formatDuration(ms)), ms);
        const suggestion = suggestDuration(text);
        if (suggestion !== null) assert.notEqual(parseDuration(suggestion), null, suggestion);
        if (ms !== null && suggestion !== null) assert.equal(parseDuration(suggestion), ms);
      },
    ),
  );
});
