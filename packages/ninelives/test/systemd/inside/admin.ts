import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

/**
 * The admin of the box, to whom its tests (which run as an ordinary user) can say what to type. Nothing of the
 * product knows of him.
 */
const SOCKET = '/run/admin.sock';

/** Runs a command as root. @throws when it fails. */
export async function admin(argv: string[], input = ''): Promise<string> {
  const asked = request({ socketPath: SOCKET, method: 'POST', agent: false }).end(
    JSON.stringify({ argv, input }),
  );
  const [response] = await once(asked, 'response');
  const said = await text(response);
  if (response.statusCode !== 200) throw new Error(`admin: ${argv.join(' ')}: ${said}`);
  return said;
}

async function serve(): Promise<void> {
  rmSync(SOCKET, { force: true });
  const server = createServer(async (asked, response) => {
    const { argv, input } = JSON.parse(await text(asked)) as { argv: string[]; input: string };
    const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: 'pipe' });
    // A command that does not read may be gone before its input.
    child.stdin.on('error', () => {}).end(input);
    const [said, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    response.writeHead(code === 0 ? 200 : 500).end(said + errors);
  });
  await once(server.listen(SOCKET), 'listening');
  chmodSync(SOCKET, 0o666);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await serve();
