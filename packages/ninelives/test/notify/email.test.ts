import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { SMTPServer } from 'smtp-server';
import type { NotifierConfig } from '../../src/config/service.js';
import { createNotifier } from '../../src/notify/table.js';
import { type FarEnd, notifierContract, PAGE, SECRET } from '../contract/notifier.js';

type Config = Extract<NotifierConfig, { type: 'email' }>;

/** A real SMTP server on loopback; it takes mail, or fails as it is told. */
async function postOffice() {
  let end: FarEnd = 'accepts';
  const taken: { from: string; to: string[]; source: string }[] = [];
  const problem = (responseCode: number) => Object.assign(new Error(`not now, ${SECRET}`), { responseCode });
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onConnect(_, done) {
      if (end === 'is silent') return; // no greeting
      done(end === 'is not there' ? problem(421) : null);
    },
    onAuth({ username, password }, _, done) {
      if (password === SECRET) done(null, { user: username });
      else done(new Error('wrong'));
    },
    onData(stream, session, done) {
      let source = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        source += text;
      });
      stream.on('end', () => {
        if (end === 'fails' || end === 'is busy') return done(problem(451));
        if (end === 'refuses') return done(problem(554));
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom ? mailFrom.address : '';
        taken.push({ from, to: rcptTo.map(({ address }) => address), source });
        done();
      });
    },
  });
  server.on('error', () => {}); // a client that goes away is what is tested
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    taken,
    far(next: FarEnd) {
      end = next;
    },
    close: () => new Promise<void>((done) => server.close(() => done())),
  };
}

function email(port: number, parts: Partial<Config> = {}) {
  const config: Config = {
    type: 'email',
    name: 'mail',
    host: '127.0.0.1',
    port,
    tls: 'none',
    user: 'me',
    password: SECRET,
    from: 'ninelives <box@example.org>',
    to: ['jc@example.org', 'jo@example.org'],
    timeoutMs: 20_000,
    ...parts,
  };
  return createNotifier(config, { wallMs: () => 0, env: {}, runbook: null });
}

/** Header fields and text, unfolded and decoded as far as the test needs it. */
function readMail(source: string) {
  const [head = '', ...rest] = source.split('\r\n\r\n');
  const fields = Object.fromEntries(
    head
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const body = rest.join('\r\n\r\n').trim();
  const bytes =
    fields['content-transfer-encoding'] === 'base64'
      ? Buffer.from(body, 'base64')
      : Buffer.from(
          body
            .replace(/=\r\n/g, '')
            .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        );
  return { fields, text: bytes.toString('utf8').replaceAll('\r\n', '\n') };
}

notifierContract('e-mail', async () => {
  const office = await postOffice();
  return {
    notifier: email(office.port),
    far: office.far,
    refuses: true,
    shape: {
      from: 'box@example.org',
      to: ['jc@example.org', 'jo@example.org'],
      subject: PAGE.title,
      id: '<a_2f_incident-1_2f_opened@ninelives>',
      references: '<ninelives_2f_a_2f_incident-1@ninelives>',
      auto: 'auto-generated',
      importance: 'High',
      date: 'Mon, 24 Nov 2025 16:00:00 +0000',
      text: `${PAGE.body}\nSee:   docs/runbook.md#hung`,
    },
    taken: () =>
      office.taken.map(({ from, to, source }) => {
        const { fields, text } = readMail(source);
        return {
          from,
          to,
          subject: fields.subject,
          id: fields['message-id'],
          references: fields.references,
          auto: fields['auto-submitted'],
          importance: fields.importance,
          date: fields.date,
          text,
        };
      }),
    close: office.close,
  };
});

describe('e-mail', () => {
  it('with a wrong password is refused, and one that needs TLS is not sent without', async () => {
    const office = await postOffice();
    const never = new AbortController().signal;
    try {
      const wrong = await email(office.port, { password: 'another' }).deliver(PAGE, never);
      assert.equal(wrong.outcome, 'refused');
      const insecure = await email(office.port, { tls: 'starttls' }).deliver(PAGE, never);
      assert.notEqual(insecure.outcome, 'accepted');
      assert.deepEqual(office.taken, []);
    } finally {
      await office.close();
    }
  });
});
