import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPass } from './keeper.js';

test('a pass of the guard on this state folder is told from all else that cron or a timer may run', () => {
  const table: [string, boolean][] = [
    ['*/2 * * * * /usr/bin/node /o/bin/ninelives.js guard --once --config /h/n.yaml --state /h/s > x', true],
    ["*/2 * * * * npx ninelives guard --once --unit a --state '/h/s'", true],
    ['*/2 * * * * npx --no-install ninelives guard --unit a --once', true],
    [
      '{ path=/usr/bin/node ; argv[]=/usr/bin/node /o/ninelives.js guard --once --state=/h/s ; flags= }',
      true,
    ],
    ['*/2 * * * * npx ninelives guard --once --unit a --state /h/other', false],
    ['*/3 * * * * npx ninelives watch --once --state /h/s', false],
    ['{ path=/usr/bin/node ; argv[]=/usr/bin/node /o/ninelives.js guard --state /h/s ; flags= }', false],
    ['*/5 * * * * /opt/lifeguard --once', false],
  ];
  for (const [line, expected] of table) assert.equal(isPass(line, '/h/s'), expected, line);
});
