import type { Page, PageKind } from '../../core/decision.js';

/** How loud: `urgent` asks a person by name, `high` is a loss, `low` wakes nobody. */
export type Urgency = 'low' | 'normal' | 'high' | 'urgent';

/** A page as people read it, before it takes the shape of one wire. */
export interface Message {
  page: Page;
  /** `ninelives/<service>/<incident>`: the same from the first page of a loss to its end, and on every layer that shares it. */
  key: string;
  urgency: Urgency;
  title: string;
  /** Whole lines; the last one says where to read on. */
  text: string;
  /** The section of the runbook, where the config says where that can be read. */
  link: string | null;
}

const URGENCY: Record<PageKind, Urgency> = {
  opened: 'high',
  escalated: 'urgent',
  reminder: 'high',
  acknowledged: 'low',
  resolved: 'normal',
  notice: 'normal',
};

/** Where the runbook lies in the repository and in the package. */
const RUNBOOK = 'docs/runbook.md';

/** @param runbook where docs/runbook.md can be read in a browser, or null */
export function messageOf(page: Page, runbook: string | null): Message {
  const { service, incidentId, thread, id, section } = page;
  const anchor = section ?? page.kind;
  const link = runbook === null ? null : `${runbook.replace(/#.*$/, '')}#${anchor}`;
  return {
    page,
    key: `ninelives/${service}/${thread ?? incidentId ?? id}`,
    urgency: page.drill ? 'low' : URGENCY[page.kind],
    title: page.title,
    text: `${page.body}\nSee:   ${link ?? `${RUNBOOK}#${anchor}`}`,
    link,
  };
}

/** At most that many UTF-16 units, and says that the end is missing. Never half a character. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The same in bytes of UTF-8. */
export function cutBytes(text: string, max: number): string {
  let short = text;
  while (new TextEncoder().encode(short).length > max) short = cut(short, Math.floor(short.length * 0.9));
  return short;
}
