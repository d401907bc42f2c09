import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSockets } from './sockets.js';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';

test('rows of the socket tables are read, queues, states and addresses included', () => {
  const rows = `${HEADER}   0: 0100007F:1F98 00000000:0000 0A 00000000:00000005 00:00000000 00000000  1000        0 81234 1 0
   1: 0100007F:1F98 0A01A8C0:C350 08 00000010:00000101 00:00000000 00000000  1000        0 81240 1 0
   2: 00000000000000000000000001000000:1F98 B80D01200000000067452301EFCDAB89:0050 01 00000000:00000000 00:00000000 00000000     0        0 777 1
   3: 0000000000000000FFFF00000100007F:1F98 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 778 1
`;
  const [listening, waiting, six, mapped] = parseSockets(rows);
  assert.deepEqual(listening, {
    ...{
      state: 'LISTEN',
      localAddress: '127.0.0.1',
      localPort: 8088,
      remoteAddress: '0.0.0.0',
      remotePort: 0,
    },
    ...{ sendQueue: 0, receiveQueue: 5, uid: 1000, inode: 81234 },
  });
  assert.deepEqual(
    [waiting?.state, waiting?.remoteAddress, waiting?.remotePort, waiting?.sendQueue, waiting?.receiveQueue],
    ['CLOSE-WAIT', '192.168.1.10', 50000, 16, 257],
  );
  assert.deepEqual([six?.localAddress, six?.remoteAddress], ['::1', '2001:db8::123:4567:89ab:cdef']);
  assert.deepEqual([mapped?.localAddress, mapped?.remoteAddress], ['127.0.0.1', '::']);
});

test('whatever the text, nothing is thrown and every number is one', () => {
  const cut = fc
    .tuple(fc.constant(HEADER.repeat(2)), fc.nat(200), fc.string())
    .map(([text, at, noise]) => text.slice(0, at) + noise);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), cut), (text) => {
      for (const socket of parseSockets(text))
        assert.ok(Number.isSafeInteger(socket.localPort + socket.inode));
    }),
  );
});
