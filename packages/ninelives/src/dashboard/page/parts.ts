import { counted, duration, latency } from '../../report/words.js';
import type { DashboardView, ServiceView } from '../view.js';
import { type Child, createPart, h } from './dom.js';
import { nothing } from './state.js';
import { clock, dayAndTime } from './words.js';

const facts = (rows: [name: string, value: string][]): Child =>
  h('dl', { class: 'facts' }, ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));

export const showPower = createPart<ServiceView | null>('power', (service) => {
  if (!service) return nothing('Nothing is guarded yet.');
  const { armed, paused, proof, provedWallMs, kills, drills } = service;
  const word = paused ? 'Paused' : armed ? 'Armed' : 'Watch-only';
  const kind = armed && !paused ? 'good' : 'warn';
  const drilled = drills.map(({ fault, passed, wallMs }) =>
    h('li', { class: passed ? null : 'bad' }, `${passed ? '✓' : '✗'} ${fault}, ${dayAndTime(wallMs)}`),
  );
  return [
    h('p', { class: `big ${kind}` }, word),
    facts([
      ['proof', provedWallMs === null ? proof : `${proof}, ${dayAndTime(provedWallMs)}`],
      [
        'kills left',
        `${Math.max(0, kills.max - kills.used)} of ${kills.max} within ${duration(kills.windowMs)}`,
      ],
      ['process', service.pid === null ? 'none now' : `pid ${service.pid}`],
    ]),
    drilled.length > 0
      ? h('ul', { class: 'lines' }, ...drilled)
      : h('p', { class: 'warn' }, 'No drill yet: unproved.'),
  ];
});

export const showGateway = createPart<ServiceView | null>('gateway', (service) => {
  const gateway = service?.gateway;
  if (!gateway)
    return nothing('Not set up: clients talk to the service itself, so what they saw is not measured.');
  const { readiness, why, queued, inFlight, longestWaitMs, answered, meanMs, replayed, refused, clientGone } =
    gateway;
  const mean = meanMs === null ? '' : `, ${latency(meanMs)} on average`;
  return [
    gatewayWord(readiness),
    facts([
      ['why', why],
      ['queue', `${queued} held, ${inFlight} on their way`],
      ['longest wait', longestWaitMs === null ? 'nobody waits' : duration(longestWaitMs)],
      ['answered', `${answered.toLocaleString()}${mean}`],
      ['asked again', `${replayed.toLocaleString()} after a death of the server`],
      ['refused', `${refused.toLocaleString()}; ${counted(clientGone, 'client')} left`],
    ]),
  ];
});

function gatewayWord(readiness: string): Child {
  if (readiness === 'unknown') return h('p', { class: 'big soft' }, 'Not asked yet');
  const passing = readiness === 'ready';
  return h('p', { class: `big ${passing ? 'good' : 'warn'}` }, passing ? 'Passing' : `Holding: ${readiness}`);
}

export const showPages = createPart<DashboardView['pages']>('pages', ({ pending, newest }) => {
  const head = h(
    'p',
    { class: `big ${pending === 0 ? 'good' : 'bad'}` },
    pending === 0 ? 'All delivered' : `${pending} pending`,
  );
  if (newest.length === 0)
    return [h('p', { class: 'big' }, 'None yet'), ...nothing('What wakes a person stands here.')];
  const lines = newest.map(({ title, notifier, wallMs, state, error }) =>
    h(
      'li',
      { class: ['sent', 'withheld'].includes(state) ? null : 'bad' },
      `${clock(wallMs)} ${title}`,
      h('small', { class: 'soft' }, ` ${state} · ${notifier}${error ? ` · ${error}` : ''}`),
    ),
  );
  return [head, h('ul', { class: 'lines' }, ...lines)];
});

export const showLayers = createPart<ServiceView['layers'] | null>('layers', (note) => {
  if (!note) return nothing('Nothing is guarded yet.');
  const { layers, matrix } = note;
  const kinds = { watching: 'good', late: 'bad', unknown: 'warn', 'not set up': 'warn' } as const;
  const cards = layers.map(({ name, status, lastWallMs, tookWallMs, text, catches }) =>
    h(
      'li',
      {},
      h('b', {}, name),
      h('span', { class: kinds[status] }, ` ${status}`),
      h('small', {}, lastWallMs === null ? text : `${text}, last heard at ${clock(lastWallMs)}`),
      tookWallMs === null ? null : h('small', {}, `took our heartbeat at ${clock(tookWallMs)}`),
      h('small', {}, `catches ${catches}`),
    ),
  );
  return [h('ul', { class: 'layers' }, ...cards), matrix.length > 0 ? matrixTable(layers, matrix) : null];
});

function matrixTable(layers: { name: string }[], matrix: ServiceView['layers']['matrix']): HTMLElement {
  const names = layers
    .slice(0, matrix[0]?.cells.length ?? 0)
    .map(({ name }) => h('th', { scope: 'col' }, name));
  const rows = matrix.map(({ failure, cells, caught }) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, failure, caught ? null : h('small', { class: 'bad' }, 'nobody tells')),
      ...cells.map(({ text, sees }) => h('td', { class: sees ? 'good' : 'soft' }, text)),
    ),
  );
  const head = h('tr', {}, h('th', { scope: 'col' }, 'When this fails'), ...names);
  const table = h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows));
  // Wider than a phone: it scrolls by itself, by keyboard too.
  return h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Which layer notices what' },
    table,
  );
}
