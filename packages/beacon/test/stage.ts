import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, embeds, place } from 'ninelives/dist/test/watch/stage.js';

/** What no exported file may hold. */
export const SECRETS = ['s3cret-key-of-clients', 's3cret-signing-key', 's3cret-topic'];

interface Told {
  data: { id: string; title: string; kind: string };
}

/** Further entries of the config, a YAML line each. */
export interface More {
  layers?: string[];
  notify?: string[];
  paging?: string;
}

/** The service from far, each place of it on loopback; `ninelives export` writes into a folder of its own. */
export async function openFar({ layers = [], notify = [], paging = '{}' }: More = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-beacon-'));
  const none = (_: string, response: { writeHead(status: number): { end(): void } }) =>
    response.writeHead(204).end();
  const edge = await place(embeds);
  const controls = [await place(none), await place(none)];
  const phone = await place((_, response) => response.end());
  const waiting = await place((_, response) => response.end());
  const ntfy = await place(asNtfy(() => ntfy.requests.at(-1)?.headers ?? {}));
  const config = join(folder, 'ninelives.yaml');
  writeFileSync(
    config,
    `version: 1
services:
  - name: svc
    unit: model.service
    port: 8088
    public:
      url: "${edge.url}"
      headers: { authorization: "Bearer \${CLIENT_KEY}" }
watch:
  confirm: 50ms
  deadline: 3s
  controls:
${controls.map(({ url }, index) => `    - { owner: o${index}, url: "${url}", status: 204 }`).join('\n')}
layers:
  - { name: off, kind: beacon, every: 1m, domains: {}, heard_by: [beats.example], alarm: { server: "${ntfy.url}" } }
${layers.map((line) => `  - ${line}`).join('\n')}
notify:
  - { name: phone, webhook: { url: "${phone.url}", secret: "\${SIGNING_KEY}" } }
  - { name: pocket, ntfy: { server: "${ntfy.url}", topic: "\${TOPIC}" } }
  - { name: desk, command: [notify-send] }
${notify.map((line) => `  - ${line}`).join('\n')}
paging: ${paging}
`,
  );
  return {
    folder,
    edge,
    controls,
    phone,
    waiting,
    ntfy,
    /** What the platform's own means hold. */
    secrets: {
      BEACON_PHONE_URL: phone.url,
      BEACON_PHONE_SECRET: SECRETS[1] as string,
      BEACON_SVC_AUTHORIZATION: `Bearer ${SECRETS[0]}`,
      BEACON_BEAT_BEATS_EXAMPLE: waiting.url,
      BEACON_POCKET_TOPIC: SECRETS[2] as string,
      BEACON_ALARM_TOPIC: 's3cret-alarm',
    },
    async export(kind: string): Promise<string> {
      const dir = join(folder, kind);
      const env = { ...process.env, CLIENT_KEY: SECRETS[0], SIGNING_KEY: SECRETS[1], TOPIC: SECRETS[2] };
      const { code, stderr } = await run(
        process.execPath,
        [BIN, 'export', kind, dir, '--config', config],
        env,
      );
      if (code !== 0) throw new Error(stderr);
      return dir;
    },
    pages: () => phone.requests.map(({ body }) => (JSON.parse(body) as Told).data),
    async close() {
      for (const each of [edge, ...controls, phone, waiting, ntfy]) await each.off();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As ntfy answers: with the message, and the sequence id that it was given in a header or in JSON. */
function asNtfy(headers: () => { [name: string]: unknown }) {
  return (body: string, response: { end(text: string): void }) => {
    const sequence = headers()['x-sequence-id'] ?? (JSON.parse(body) as { sequence_id?: string }).sequence_id;
    response.end(JSON.stringify({ id: 'm', event: 'message', sequence_id: sequence }));
  };
}

export function run(
  program: string,
  args: string[],
  env: { [name: string]: string | undefined },
  cwd?: string,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { env, ...(cwd ? { cwd } : {}), timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

export const text = (...path: string[]) => readFileSync(join(...path), 'utf8');
