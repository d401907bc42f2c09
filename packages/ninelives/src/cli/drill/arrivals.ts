import type { NotifierConfig } from '../../config/service.js';
import type { Arrival, Expected } from '../../drill/outer/report.js';
import { arrivalOf, type Told } from '../../drill/outer/told.js';
import type { GuardRecord } from '../../record/record.js';

type Ntfy = Extract<NotifierConfig, { type: 'ntfy' }>;

/** A public server takes one request in five seconds for as long as one likes. */
const TOPIC_EVERY_MS = 5_000;
const TOPIC_LIMIT_MS = 10_000;
const ROWS_MAX = 1_000;
const LOSS_TAGS = ['red_circle', 'rotating_light', 'hourglass'];

export interface ArrivalSources {
  /** Of this machine's layer; null where none was here. */
  record: GuardRecord | null;
  /** What that layer is called. */
  here: string;
  guard: string;
  services: string[];
  notifiers: NotifierConfig[];
  wallMs(): number;
}

/** Reads what has arrived since the cut, from the record and from the topics that can be polled; each page once. */
export function createArrivals(sources: ArrivalSources): (sinceWallMs: number) => Promise<Arrival[]> {
  const topics = sources.notifiers.filter((notifier): notifier is Ntfy => notifier.type === 'ntfy');
  let asked = Number.NEGATIVE_INFINITY;
  let heard: Told[] = [];
  return async (sinceWallMs) => {
    if (sources.wallMs() - asked >= TOPIC_EVERY_MS) {
      asked = sources.wallMs();
      heard = (await Promise.all(topics.map((topic) => readTopic(topic, sinceWallMs)))).flat();
    }
    const told = [...(sources.record ? sent(sources.record, sources.here, sinceWallMs) : []), ...heard];
    const all = told.flatMap((each) => arrivalOf(each, sources) ?? []);
    const once = new Map<string, Arrival>();
    for (const arrival of all) {
      const key = `${arrival.layer} ${arrival.about} ${arrival.of} ${arrival.end} ${arrival.title}`;
      if (!once.has(key)) once.set(key, arrival);
    }
    return [...once.values()];
  };
}

/** Would a page of this layer be seen from here: in its own record, or on a topic that can be polled? */
export function canSee({ record, here, notifiers }: ArrivalSources, { layer, through }: Expected): boolean {
  const polled = (name: string) => notifiers.some((each) => each.name === name && each.type === 'ntfy');
  return (record !== null && layer === here) || through.some(polled);
}

function sent(record: GuardRecord, here: string, sinceWallMs: number): Told[] {
  return record.outboxSince(sinceWallMs, ROWS_MAX).flatMap(({ page, notifier, acceptedWallMs }) => {
    if (acceptedWallMs === null || acceptedWallMs < sinceWallMs) return [];
    const lost = page.kind === 'opened' || page.kind === 'escalated' || page.kind === 'reminder';
    const kind = lost ? 'loss' : page.kind === 'resolved' ? 'end' : 'other';
    // An outer layer says so itself; of a guard's own the name is known here.
    const text = /^Seen:/m.test(page.body) ? page.body : `Seen: from ${here}\n${page.body}`;
    return [{ title: page.title, text, kind, wallMs: acceptedWallMs, through: notifier } as const];
  });
}

/** Polls a topic, as a phone would; a server that does not answer has told nothing. */
async function readTopic({ name, server, topic, token }: Ntfy, sinceWallMs: number): Promise<Told[]> {
  const url = `${server}/${topic}/json?poll=1&since=${Math.floor(sinceWallMs / 1_000)}`;
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(TOPIC_LIMIT_MS) });
    if (!response.ok) return [];
    const lines = (await response.text()).split('\n').filter((line) => line !== '');
    return lines.flatMap((line) => messageOf(JSON.parse(line) as NtfyEvent, name, sinceWallMs));
  } catch {
    return [];
  }
}

interface NtfyEvent {
  event?: string;
  time?: number;
  title?: string;
  message?: string;
  tags?: string[];
}

/** Its times are whole seconds: one of the second of the cut counts. */
function messageOf(
  { event, time = 0, title = '', message = '', tags = [] }: NtfyEvent,
  through: string,
  sinceWallMs: number,
): Told[] {
  if (event !== 'message' || time < Math.floor(sinceWallMs / 1_000)) return [];
  const kind = tags.some((tag) => LOSS_TAGS.includes(tag))
    ? 'loss'
    : tags.includes('white_check_mark')
      ? 'end'
      : 'other';
  return [{ title, text: message, kind, wallMs: Math.max(sinceWallMs, time * 1_000), through }];
}
