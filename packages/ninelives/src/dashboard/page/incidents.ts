import { counted, duration } from '../../report/words.js';
import type { IncidentsView } from '../view.js';
import { byId, type Child, h, svg } from './dom.js';
import { clock, dayAndTime } from './words.js';

type Incident = IncidentsView[number];

const PHASES = {
  detect: 'until the verdict',
  kill: 'until the kill was decided',
  restart: 'evidence, SIGKILL, and its supervisor revived it',
  load: 'loading, until the first right answer',
} as const;

/** The incidents, newest first; the newest one open. One that was opened or closed by hand stays so. */
export function createIncidents(): (incidents: IncidentsView) => void {
  const list = byId('incident-list');
  const shown = new Map<string, { text: string; element: HTMLDetailsElement }>();
  return (incidents) => {
    if (incidents.length === 0) {
      shown.clear();
      list.replaceChildren(h('p', { class: 'soft' }, 'None. When real work fails, its story stands here.'));
      return;
    }
    const elements = incidents.map((incident, at) => {
      const text = JSON.stringify({
        ...incident,
        lostMs: incident.untilWallMs === null ? 0 : incident.lostMs,
      });
      const known = shown.get(incident.id);
      if (known?.text === text) return known.element;
      const element = draw(incident);
      element.open = known ? known.element.open : at === 0;
      shown.set(incident.id, { text, element });
      return element;
    });
    const same =
      elements.length === list.children.length && elements.every((one, at) => list.children[at] === one);
    if (!same) list.replaceChildren(...elements);
  };
}

function draw(incident: Incident): HTMLDetailsElement {
  const { status, drill, sentence, cheap } = incident;
  const kind = drill ? 'of-drill' : status === 'resolved' ? 'healed' : '';
  return h(
    'details',
    { class: `incident ${kind}`, 'data-id': incident.id },
    h(
      'summary',
      {},
      h('span', { class: 'what' }, titleOf(incident)),
      h('span', { class: 'meta' }, metaOf(incident)),
    ),
    h(
      'div',
      { class: 'inside' },
      h('p', {}, sentence),
      cheap === null ? null : h('p', { class: 'claims' }, `Meanwhile ${cheap}.`),
      ...phasesOf(incident),
      h('ol', { class: 'story' }, ...incident.timeline.map(lineOf)),
    ),
  );
}

function titleOf({ status, drill, lostMs, untilWallMs, kills }: Incident): string {
  const what = drill ? `Drill: ${drill}` : status === 'escalated' ? 'Needs you' : 'Incident';
  if (untilWallMs === null) return `${what}, and it lasts`;
  const how = kills > 0 ? `healed by ${counted(kills, 'SIGKILL')}` : 'came back';
  return `${what}, ${how} after ${duration(lostMs)}`;
}

function metaOf({ id, fromWallMs, kills, escalations, acknowledgedBy }: Incident): string {
  const parts = [dayAndTime(fromWallMs), id, counted(kills, 'kill')];
  if (escalations > 0) parts.push(`handed over ${counted(escalations, 'time')}`);
  if (acknowledgedBy) parts.push(`${acknowledgedBy} was on it`);
  return parts.join(' · ');
}

function phasesOf({ phases }: Incident): Child[] {
  const total = phases.reduce((sum, { ms }) => sum + ms, 0);
  if (total <= 0) return [];
  let x = 0;
  const bars = phases.map(({ name, ms }) => {
    const width = (ms / total) * 100;
    x += width;
    return svg('rect', { class: name, x: x - width, y: 0, width, height: 10 });
  });
  const says = phases.map(({ name, ms }) => `${duration(ms)} ${PHASES[name]}`).join(', ');
  const bar = {
    class: 'phase-bar',
    viewBox: '0 0 100 10',
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': says,
  };
  const keys = phases.map(({ name, ms }) =>
    h('span', {}, h('span', { class: `dot ${name}` }), h('b', {}, duration(ms)), ` ${PHASES[name]}`),
  );
  return [svg('svg', bar, ...bars), h('div', { class: 'phase-keys' }, ...keys)];
}

function lineOf({ afterMs, wallMs, text, type }: Incident['timeline'][number]): HTMLElement {
  return h(
    'li',
    {},
    h('span', { class: 'after', title: clock(wallMs) }, duration(afterMs)),
    h('span', { class: 'text' }, text, ' ', h('span', { class: 'kind' }, type)),
  );
}
