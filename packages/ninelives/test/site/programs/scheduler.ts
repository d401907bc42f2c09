import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** The platform's scheduler: fires the cron trigger again and again, and notes what the Worker says of itself. */
const [base = '', everyMs = '', file = ''] = process.argv.slice(2);

/** Miniflare takes its trigger from this machine only, by the name in the request, which fetch does not let one set. */
async function ask(path: string): Promise<string> {
  const asked = request(base + path, { headers: { host: 'localhost' } });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  if (response.statusCode !== 200) throw new Error(`${path}: HTTP ${response.statusCode} ${text}`);
  return text;
}

for (;;) {
  try {
    await ask('/cdn-cgi/handler/scheduled');
    writeFileSync(`${file}.new`, await ask('/'));
    renameSync(`${file}.new`, file);
  } catch (error) {
    console.error(error);
  }
  await sleep(Number(everyMs));
}
