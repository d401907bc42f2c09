import type { DashboardView, HistoryView, IncidentsView, ServiceView } from '../view.js';
import { askHistory, askIncidents } from './api.js';
import { byId, h } from './dom.js';
import { createIncidents } from './incidents.js';
import { createLatency } from './latency.js';
import { createOperate } from './operate.js';
import { showGateway, showLayers, showPages, showPower } from './parts.js';
import { showBlind, showFiguresOf, showState } from './state.js';
import { showStrip } from './strip.js';
import { clock } from './words.js';

/** The page's composition root: the state comes as it changes, history and incidents are asked for. */

const HISTORY_EVERY_MS = 60_000;
const RECENT_EVERY_MS = 5_000;
/** The server says something at least this often; longer silence means that nobody is there. */
const SILENCE_MS = 35_000;
const RANGES: { [hours: string]: string } = { now: '10 min', '1': '1 h', '6': '6 h', '72': '72 h' };

let view: DashboardView | null = null;
let chosen: string | null = null;
let hours = 'now';
let heardAtMs: number | null = null;
let strip: HistoryView | null = null;
let incidents: IncidentsView = [];
let askedFor = '';

const current = (): ServiceView | null =>
  view?.services.find(({ name }) => name === chosen) ?? view?.services[0] ?? null;

/** Of none there is no history, and that is drawn too. */
const shown = () => current()?.name ?? '';

const drawIncidents = createIncidents();
const drawLatency = createLatency();
const drawOperate = createOperate(() => current()?.name ?? null);

function draw(): void {
  if (!view) return;
  const service = current();
  showState(service);
  showFiguresOf(view, service);
  showPower(service);
  showGateway(service);
  showPages(view.pages);
  showLayers(service?.layers ?? null);
  drawOperate(view);
  drawTabs(view, service);
}

function drawTabs({ services }: DashboardView, service: ServiceView | null): void {
  const nav = byId('services');
  nav.hidden = services.length < 2;
  if (nav.hidden) return;
  nav.replaceChildren(
    ...services.map(({ name, tone }) => {
      const button = h('button', { type: 'button', 'aria-pressed': String(name === service?.name) }, name);
      if (tone === 'bad') button.append(' !');
      button.addEventListener('click', () => {
        chosen = name;
        draw();
        void askAll();
      });
      return button;
    }),
  );
}

async function askAll(): Promise<void> {
  const service = shown();
  const [long, near, stories] = await Promise.all([
    askHistory(service, '72'),
    hours === '72' ? null : askHistory(service, hours),
    askIncidents(service),
  ]);
  if (service !== shown()) return; // another one was chosen meanwhile
  strip = long ?? strip;
  incidents = stories ?? incidents;
  showStrip(strip, incidents);
  drawLatency(hours === '72' ? strip : near, incidents);
  drawIncidents(incidents);
}

/** What is drawn of the last minutes grows with every look. */
async function askRecent(): Promise<void> {
  const service = shown();
  if (hours !== 'now' || document.hidden) return;
  const near = await askHistory(service, 'now');
  if (service === shown() && hours === 'now') drawLatency(near, incidents);
}

/** What changes the story. While one goes on, its sentence does too; else that is the newest answer's time, and no news. */
function storyKey(service: ServiceView | null): string {
  if (!service) return '';
  const { name, openIncident, headline, pid, sentence } = service;
  const goesOn = openIncident !== null || incidents.some(({ status }) => status !== 'resolved');
  return JSON.stringify([name, openIncident, headline, pid, goesOn ? sentence : null]);
}

function receive(text: string): void {
  view = JSON.parse(text) as DashboardView;
  heardAtMs = Date.now();
  connected(true);
  draw();
  const key = storyKey(current());
  if (key === askedFor && key !== '') return;
  askedFor = key;
  void askAll();
}

function connected(live: boolean): void {
  const element = byId('connection');
  element.dataset.live = live ? 'yes' : 'no';
  const text = live ? 'live' : heardAtMs === null ? 'not connected' : `lost at ${clock(heardAtMs)}`;
  if (element.textContent !== text) element.textContent = text;
  if (!live) showBlind(heardAtMs);
}

function listen(): void {
  const source = new EventSource('/api/live');
  source.addEventListener('state', (event) => receive(event.data as string));
  source.addEventListener('here', () => {
    heardAtMs = Date.now();
  });
  // It connects again by itself; a server that turned it away must be asked anew.
  source.addEventListener('error', () => {
    connected(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3_000);
  });
}

function drawRanges(): void {
  byId('ranges').replaceChildren(
    ...['now', '1', '6', '72'].map((range) => {
      const pressed = String(range === hours);
      const button = h('button', { type: 'button', 'aria-pressed': pressed }, RANGES[range] ?? range);
      button.addEventListener('click', () => {
        hours = range;
        for (const other of byId('ranges').children)
          other.setAttribute('aria-pressed', String(other === button));
        void askAll();
      });
      return button;
    }),
  );
}

drawRanges();
listen();
matchMedia('(max-width: 34rem)').addEventListener('change', () => showStrip(strip, incidents));
setInterval(() => {
  if (heardAtMs !== null && Date.now() - heardAtMs > SILENCE_MS) connected(false);
}, 5_000);
setInterval(() => void askAll(), HISTORY_EVERY_MS);
setInterval(() => void askRecent(), RECENT_EVERY_MS);
