import { hostname } from 'node:os';
import type { TemplateService } from '../../config/template.js';
import type { Surroundings } from '../../config/template-outer.js';
import { API_TITLES } from '../../discover/apis/table.js';
import { discover } from '../../discover/discover.js';
import type { Found } from '../../discover/found.js';
import { findTunnels, type Tunnel } from '../../discover/tunnels.js';
import { systemClock } from '../../host/system-clock.js';
import { prove } from './prove.js';

export interface Around {
  /** Enabled ones first passed their probe; the others say why they are only comments. */
  services: TemplateService[];
  /** What was found, a line each, for the person at the terminal. */
  lines: string[];
  /** Of this machine, for the proposal of layers; undefined: nobody looked. */
  surroundings?: Surroundings;
}

/** Which of the found servers are meant; all when nothing is given. */
export interface Filter {
  unit?: string | undefined;
  port?: number | undefined;
}

/** Finds the model servers of this user and proves each with real work. Changes nothing. */
export async function lookAround(filter: Filter, signal: AbortSignal): Promise<Around> {
  const uid = process.getuid?.() ?? -1;
  const world = { fetch: globalThis.fetch, nowMs: systemClock.monotonicMs, signal };
  const only = (port: number) => filter.port === undefined || port === filter.port;
  const all = await discover({ fetch: world.fetch, signal, uid, self: process.pid, only });
  const services: TemplateService[] = [];
  const lines: string[] = [];
  for (const found of all.filter((each) => matches(each, filter))) {
    if (!found.api) continue;
    const { api } = found;
    const proved = await prove({ ...found, api }, nameFor(found, services), world);
    const service = sameUnit(proved.service, services) ?? proved.service;
    services.push(service);
    const model = api.model === null ? '' : `, ${api.model}`;
    lines.push(`port ${found.port}: ${API_TITLES[api.name]}${model}, ${whose(found)}: ${proved.said}`);
  }
  const tunnels = await findTunnels(uid);
  lines.push(...tunnels.map((tunnel) => tunnelLine(tunnel, services)));
  return { services, lines, surroundings: surroundingsOf(tunnels, services) };
}

/** The tunnel that leads to one of the services, else any. */
function surroundingsOf(tunnels: Tunnel[], services: readonly TemplateService[]): Surroundings {
  const leads = tunnels.find(({ port }) => services.some((service) => service.port === port)) ?? tunnels[0];
  return { host: hostname(), tunnel: leads?.by ?? null };
}

function matches({ unit }: Found, filter: Filter): boolean {
  if (filter.unit === undefined) return true;
  return unit?.unit === filter.unit || unit?.unit === `${filter.unit}.service`;
}

/** One unit is guarded once: by its first port that answered rightly. */
function sameUnit(service: TemplateService, others: readonly TemplateService[]): TemplateService | null {
  const { source } = service;
  if (source.type !== 'unit' || service.disabled) return null;
  const first = others.find(
    (other) => !other.disabled && other.source.type === 'unit' && other.source.unit === source.unit,
  );
  if (!first) return null;
  const notes = [...(service.notes ?? []), `The same unit is guarded above, by its port ${first.port}.`];
  return { ...service, notes, disabled: true };
}

/** The unit's name, else the API's; with the port where that is taken. */
function nameFor({ unit, api, port }: Found, taken: readonly TemplateService[]): string {
  const known = api?.name === 'ninelives' ? 'embedder' : api?.name;
  const base = unit?.unit.replace(/\.service$/, '') ?? known ?? 'service';
  const name =
    base
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 50) || 'service';
  return taken.some((other) => other.name === name) ? `${name}-${port}` : name;
}

function whose({ unit, guarded, process: { pid } }: Found): string {
  if (unit) return `${unit.user ? 'my unit' : 'unit'} ${unit.unit}`;
  return guarded ? 'supervised by a ninelives' : `pid ${pid}, which nobody starts again`;
}

function tunnelLine({ by, pid, port }: Tunnel, services: readonly TemplateService[]): string {
  const to = services.find((service) => service.port === port);
  const where = port === null ? 'a port that its command line does not say' : `port ${port}`;
  return `tunnel: ${by} (pid ${pid}) leads to ${where}${to ? `, ${to.name}` : ''}`;
}
