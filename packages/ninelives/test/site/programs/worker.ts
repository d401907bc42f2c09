import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';

/** The exported Worker in workerd, as wrangler reads the folder; its cron trigger is a URL, for the scheduler. */
const { dir, keep, host, port, bindings } = JSON.parse(process.argv[2] ?? '') as {
  dir: string;
  keep: string;
  host: string;
  port: number;
  bindings: { [name: string]: string };
};
const wrangler = JSON.parse(readFileSync(join(dir, 'wrangler.json'), 'utf8'));
const miniflare = new Miniflare({
  host,
  port,
  unsafeTriggerHandlers: true,
  modulesRoot: dir,
  modules: [{ type: 'ESModule', path: join(dir, wrangler.main) }],
  compatibilityDate: wrangler.compatibility_date,
  durableObjects: Object.fromEntries(
    wrangler.durable_objects.bindings.map(({ name, class_name }: { [key: string]: string }) => [
      name,
      { className: class_name, useSQLite: true },
    ]),
  ),
  durableObjectsPersist: keep,
  bindings,
});
await miniflare.ready;
