import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { GuardState } from '../../src/core/decision.js';
import type { OuterReport } from '../../src/drill/outer/report.js';
import { RecordUnavailableError } from '../../src/record/record.js';
import { openRecord } from '../../src/record/sqlite.js';
import { freePort } from '../e2e/box.js';
import { BIN, embeds, type Place, place, until } from './stage.js';

const needs = fileURLToPath(new URL('../../../test/watch/needs.mjs', import.meta.url));
const { SSHD, ensureSshd } = (await import(needs)) as { SSHD: string; ensureSshd(): string | null };
const lacks = ensureSshd();
if (lacks && process.env.CI) throw new Error(`under CI nothing may be skipped; a real tunnel: ${lacks}`);

/** Answers any text with a vector of its own: the model that the tunnel carries has to be there, and well. */
const MODEL = `import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const input = body === '' ? [] : JSON.parse(body).input;
  const vector = (text) => [...createHash('sha256').update(text).digest()].map((byte) => byte - 128);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ data: input.map((text, index) => ({ index, embedding: vector(text) })) }));
}).listen(Number(process.argv[2]), '127.0.0.1');
`;

describe('a tunnel is a service too', { skip: lacks ?? false }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-tunnel-'));
  let local: Place;
  let controls: Place[] = [];
  let phone: Place;
  let edge: ChildProcess;
  let guard: ChildProcess;
  let config: string;
  const state = () => stateOf(folder);
  const serving = () => state()?.verdict.kind === 'serving' && state()?.incident === null;
  const pid = () => state()?.life?.incarnation.pid;

  before(async () => {
    local = await place(embeds);
    controls = [await place((_, r) => r.end()), await place((_, r) => r.end())];
    phone = await place((_, r) => r.end('{}'));
    const ports = { edge: await freePort(), public: await freePort(), model: await freePort() };
    edge = await openEdge(folder, ports.edge);
    config = writeConfig(folder, ports, { local, controls, phone });
    const argv = [BIN, 'up', '--no-gateway', '--state', folder, '--config', config];
    guard = spawn(process.execPath, argv, { stdio: 'ignore' });
    await until('the tunnel to carry', serving);
  });
  after(async () => {
    await end(guard, 'SIGTERM');
    await end(edge, 'SIGTERM');
    for (const each of [local, phone, ...controls]) await each?.off();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is killed and revived for its own fault, and for nobody else’s', async () => {
    const first = pid();
    assert.ok(first);

    // What it leads to is down: the public way fails, and the tunnel is left alone.
    await local.off();
    await until('that it is not its fault', () => /not the tunnel/.test(detailOf(state())));
    await local.on();
    await until('the tunnel to carry again', serving);

    // It hangs, and so does the outside world: nothing can be said.
    for (const each of controls) await each.off();
    process.kill(first, 'SIGSTOP');
    const asked = local.requests.length;
    await until('looks that say nothing', () => local.requests.length > asked + 4);
    assert.equal(state()?.kills.length, 0);

    // The outside world answers: now it is the tunnel.
    for (const each of controls) await each.on();
    await until('a new tunnel that carries', () => serving() && pid() !== first);
    assert.equal(state()?.kills.length, 1);
  });

  it('drill tunnel-down stops it for real: the guard tells in its time, and brings it back', async () => {
    const before = pid();
    const argv = [BIN, 'drill', 'tunnel-down', '--json', '--config', config, '--state', folder];
    const drill = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    drill.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    drill.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const [code] = await once(drill, 'close');
    assert.equal(code, 0, out + err);
    const report = JSON.parse(out) as OuterReport;
    assert.deepEqual([report.mode, report.passed], ['real', true]);
    assert.match(report.deed, new RegExp(`^SIGSTOP to tunnel, ${before}`));
    assert.deepEqual(
      report.expected.map(({ layer, about, verdict }) => [layer, about, verdict]),
      [['guard', 'loss', 'in time']],
    );
    await until('a tunnel that carries', () => serving() && pid() !== before);
    await until('its end, told', () => /white_check_mark/.test(phone.requests.at(-1)?.body ?? ''));
  });
});

/** A real edge: sshd on loopback, with keys of its own. */
async function openEdge(folder: string, port: number): Promise<ChildProcess> {
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  }
  writeFileSync(
    join(folder, 'sshd_config'),
    `ListenAddress 127.0.0.1
Port ${port}
HostKey ${join(folder, 'host')}
AuthorizedKeysFile ${join(folder, 'user.pub')}
StrictModes no
UsePAM no
PidFile none
AllowTcpForwarding yes
ClientAliveInterval 1
ClientAliveCountMax 2
`,
  );
  const sshd = spawn(SSHD, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
  await until('the edge', () => sshd.exitCode === null);
  for (let up = false; !up; ) {
    up = await new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false));
      socket.on('close', () => {}).unref();
      setTimeout(() => socket.destroy(), 200).unref();
    });
  }
  return sshd;
}

function writeConfig(
  folder: string,
  ports: { edge: number; public: number; model: number },
  { local, controls, phone }: { local: Place; controls: Place[]; phone: Place },
): string {
  writeFileSync(join(folder, 'model.mjs'), MODEL);
  const ssh = [
    ...['ssh', '-N', '-p', String(ports.edge), '-i', join(folder, 'user')],
    ...[
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'ExitOnForwardFailure=yes',
    ],
    ...['-R', `127.0.0.1:${ports.public}:127.0.0.1:${local.port}`, `${userInfo().username}@127.0.0.1`],
  ];
  const config = join(folder, 'ninelives.yaml');
  writeFileSync(
    config,
    `version: 1
services:
  - name: svc
    command: ${JSON.stringify([process.execPath, join(folder, 'model.mjs'), String(ports.model)])}
    port: ${ports.model}
    public: { url: "http://127.0.0.1:${ports.public}" }
  - name: tunnel
    command: ${JSON.stringify(ssh)}
    tunnel: { of: svc, local: "${local.url}" }
    probe: { every: 300ms, deadline: { min: 2s, max: 4s } }
    guard: { confirm: 100ms, idle_patience: 1s }
    restart: { sec: 1s, start_limit_burst: 0 }
watch:
  controls:
${controls.map(({ url }, index) => `    - { owner: o${index}, url: "${url}" }`).join('\n')}
notify:
  - { name: phone, ntfy: { server: "${phone.url}", topic: drills } }
`,
  );
  return config;
}

/** What the guard last committed; null before it has, and while it makes the file. */
function stateOf(folder: string): GuardState | null {
  let record: ReturnType<typeof openRecord> | null = null;
  try {
    record = openRecord(join(folder, 'record.db'), { readOnly: true });
    return record.load('tunnel')?.state ?? null;
  } catch (error) {
    if (error instanceof RecordUnavailableError) return null;
    throw error;
  } finally {
    record?.close();
  }
}

function detailOf(state: GuardState | null): string {
  return state?.life?.lastOutcome?.detail ?? '';
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
