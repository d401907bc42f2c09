import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createScrubber, isSecretName, REDACTED, redactArgv, redactEnviron } from './redact.js';

const SECRET = 'correct-horse-battery';

describe('redaction', () => {
  it('knows a secret by its name', () => {
    const secret = [
      ...['API_KEY', 'HF_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'PGPASSWORD', 'MYSQL_PWD', 'Authorization'],
      ...[
        'COOKIE',
        'GOOGLE_APPLICATION_CREDENTIALS',
        '--api-key',
        'X-Api-Key',
        'SENTRY_DSN',
        'SLACK_WEBHOOK_URL',
      ],
    ];
    const harmless = [
      'PATH',
      'HOME',
      'CUDA_VISIBLE_DEVICES',
      'TOKENIZERS_PARALLELISM',
      'SSH_AUTH_SOCK',
      'PWD',
      'OLDPWD',
      '--port',
    ];
    assert.deepEqual(
      secret.filter((name) => !isSecretName(name)),
      [],
    );
    assert.deepEqual(harmless.filter(isSecretName), []);
  });

  it('takes secret values out of an environment, keeps the rest, and remembers them', () => {
    const concealed: string[] = [];
    const environ = `PATH=/bin\0HF_TOKEN=${SECRET}\0EMPTY_KEY=\0NOTHING\0URL=a=b\0`;
    const redacted = redactEnviron(environ, (secret) => concealed.push(secret));
    assert.deepEqual(redacted, { PATH: '/bin', HF_TOKEN: REDACTED, EMPTY_KEY: '', URL: 'a=b' });
    assert.deepEqual(concealed, [SECRET]);
  });

  it('takes them out of command lines', () => {
    const table: [string[], string[]][] = [
      [
        ['serve', '--api-key', SECRET, '--port', '80'],
        ['serve', '--api-key', REDACTED, '--port', '80'],
      ],
      [
        ['serve', `--token=${SECRET}`],
        ['serve', `--token=${REDACTED}`],
      ],
      [
        ['env', `HF_TOKEN=${SECRET}`, 'x'],
        ['env', `HF_TOKEN=${REDACTED}`, 'x'],
      ],
      [
        ['x', '--use-auth', '--port', '80'],
        ['x', '--use-auth', '--port', '80'],
      ],
      [
        ['x', 'tokenizer.json', 'keyboard'],
        ['x', 'tokenizer.json', 'keyboard'],
      ],
    ];
    for (const [argv, expected] of table)
      assert.deepEqual(
        redactArgv(argv, () => {}),
        expected,
      );
  });

  it('takes known secrets, credentials in URLs and bearer tokens out of any text', () => {
    const scrub = createScrubber([SECRET, 'true', 'x']);
    const table: [string, string][] = [
      [`loading with ${SECRET}!`, `loading with ${REDACTED}!`],
      ['it is true', 'it is true'],
      ['https://jc:pw@hub.example/x', `https://${REDACTED}@hub.example/x`],
      ['Authorization: Bearer abcdef123456', `Authorization: Bearer ${REDACTED}`],
      ['key sk-abcdefghijklmnop used', `key ${REDACTED} used`],
      ['GET /v1?api_key=abc&n=1', `GET /v1?api_key=${REDACTED}&n=1`],
      ['a bearer of news', 'a bearer of news'],
    ];
    for (const [text, expected] of table) assert.equal(scrub(text), expected);
    assert.deepEqual(scrub({ a: [SECRET, 1, null], [SECRET]: 'b' }), {
      a: [REDACTED, 1, null],
      [REDACTED]: 'b',
    });
  });

  it('reads a hostile text in one go', () => {
    const scrub = createScrubber([]);
    for (const part of ['x', 'a.', '?key', '&auth-', 'bearer  ', 'sk-', 'http://', '://']) {
      const text = part.repeat(300_000 / part.length);
      assert.ok(scrub(text).length > 0, part);
    }
  });

  it('leaves no known secret in any JSON value', () => {
    const secrets = fc.array(fc.string({ minLength: 6, maxLength: 20 }), { maxLength: 3 });
    fc.assert(
      fc.property(secrets, fc.jsonValue({ maxDepth: 3 }), fc.string(), (known, value, noise) => {
        const scrubbed = createScrubber(known)({
          value,
          text: known.map((secret) => noise + secret + noise),
        });
        for (const text of strings(scrubbed)) {
          for (const secret of known)
            assert.ok(REDACTED.includes(secret) || !text.replaceAll(REDACTED, '\0').includes(secret));
        }
      }),
    );
  });
});

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(strings);
}
