import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  environValue,
  parseAuxv,
  parseCgroup,
  parseCmdline,
  parseIoBytes,
  parseListeners,
  parseRealUid,
  parseStat,
} from './parse.js';

// Captured from a running kernel; the name was set with prctl(2) to show what a name may hold.
const STAT =
  '4242 (a) R (b) c) S 1 4242 4242 0 -1 4194560 1234 0 5 0 173 42 0 0 20 0 11 0 987654 1090000000 12345 ' +
  '18446744073709551615 1 1 0 0 0 0 0 4096 17442 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F98 00000000:0000 0A 00000000:00000005 00:00000000 00000000  1000        0 81234 1 0000000000000000 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F98 01 00000000:00000000 00:00000000 00000000  1000        0 81240 1 0000000000000000 20 4 30 10 -1
`;

const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:1F98 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 0000000000000000 100 0 0 10 0
`;

describe('proc(5) parsers', () => {
  it('read a stat line whose name holds spaces and brackets', () => {
    assert.deepEqual(parseStat(STAT), {
      pid: 4242,
      comm: 'a) R (b) c',
      state: 'S',
      ppid: 1,
      pgrp: 4242,
      session: 4242,
      utimeTicks: 173,
      stimeTicks: 42,
      threads: 11,
      startTicks: 987654,
      rssPages: 12345,
    });
  });

  it('refuse a cut or empty stat line', () => {
    for (const text of ['', '4242', '4242 (x', '4242 (x) S 1 2', '(x) S', STAT.slice(0, 60)]) {
      assert.equal(parseStat(text), null, JSON.stringify(text));
    }
  });

  it('take the real uid, not the effective one', () => {
    assert.equal(parseRealUid('Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n'), 1000);
    assert.equal(parseRealUid('Name:\tUid:\n'), null);
  });

  it('take a whole variable, not one whose name ends alike', () => {
    const environ = 'XNINELIVES_INCARNATION=no\0NINELIVES_INCARNATION=a=b\0PATH=/bin\0';
    assert.equal(environValue(environ, 'NINELIVES_INCARNATION'), 'a=b');
    assert.equal(environValue(environ, 'INCARNATION'), null);
    assert.equal(environValue('', 'PATH'), null);
  });

  it('read arguments, also empty ones', () => {
    assert.deepEqual(parseCmdline('python3\0-m\0\0serve\0'), ['python3', '-m', '', 'serve']);
    assert.deepEqual(parseCmdline(''), []);
  });

  it('read the unified cgroup path only', () => {
    assert.equal(parseCgroup('4:memory:/x\n0::/system.slice/a b.service\n'), '/system.slice/a b.service');
    assert.equal(parseCgroup('4:memory:/x\n'), null);
  });

  it('add up what was read and written', () => {
    const io =
      'rchar: 100\nwchar: 20\nsyscr: 7\nsyscw: 8\nread_bytes: 3\nwrite_bytes: 4\ncancelled_write_bytes: 9\n';
    assert.equal(parseIoBytes(io), 127);
  });

  it('find listening sockets of both families, and only those', () => {
    assert.deepEqual(parseListeners(TCP), [{ port: 8088, uid: 1000, inode: 81234 }]);
    assert.deepEqual(parseListeners(TCP6), [{ port: 8088, uid: 0, inode: 777 }]);
  });

  it('read the auxiliary vector, with the usual values where it says nothing', () => {
    const words = new BigUint64Array([6n, 65536n, 17n, 250n, 0n, 0n]);
    assert.deepEqual(parseAuxv(new Uint8Array(words.buffer)), { pageBytes: 65536, ticksPerSecond: 250 });
    assert.deepEqual(parseAuxv(new Uint8Array(7)), { pageBytes: 4096, ticksPerSecond: 100 });
  });

  it('survive a name of any bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (comm) => {
        const stat = parseStat(STAT.replace('(a) R (b) c)', () => `(${comm})`));
        assert.equal(stat?.comm, comm);
        assert.equal(stat?.startTicks, 987654);
      }),
    );
  });

  it('never throw, whatever the text', () => {
    const mutilated = fc
      .tuple(fc.constantFrom(STAT, TCP, TCP6, 'Uid:\t1', '0::/', 'rchar: 1'), fc.nat(200), fc.string())
      .map(([text, at, noise]) => text.slice(0, at) + noise + text.slice(at + noise.length));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), mutilated), fc.uint8Array(), (text, bytes) => {
        parseStat(text);
        parseRealUid(text);
        environValue(text, 'A');
        parseCmdline(text);
        parseCgroup(text);
        parseIoBytes(text);
        parseListeners(text);
        parseAuxv(bytes);
      }),
      { numRuns: 500 },
    );
  });
});
