import { counted, duration, latency } from '../../report/words.js';
import type { DashboardView, GatewayView, ServiceView, Tone } from '../view.js';
import { byId, type Child, createPart, h } from './dom.js';
import { clock } from './words.js';

const BADGES: { [tone in Tone]: string } = { good: '✓', bad: '!', warn: '~', blind: '?', idle: '–' };
const NOTHING = {
  tone: 'idle',
  headline: 'Nothing is guarded yet',
  sentence: 'Start a service, and this page tells its story.',
  remarks: ['Type: ninelives up'],
} as const;

type Banner = Pick<ServiceView, 'tone' | 'headline' | 'sentence'> & { remarks: readonly string[] };

/** The state in one sentence, in a colour, a sign and a word: none of the three is needed to understand the others. */
export function showState(service: ServiceView | null): void {
  const cheap =
    service?.openIncident && service.cheap?.lying ? [lieOf(service.sentence, service.cheap.text)] : [];
  draw(service ? { ...service, remarks: [...cheap, ...healedRemark(service), ...service.remarks] } : NOTHING);
}

/** Said once: a verdict may have named it already. */
function lieOf(sentence: string, claims: string): string {
  return sentence.includes(claims)
    ? 'It says 200 and does no work: it lies.'
    : `Meanwhile ${claims}: it lies.`;
}

function healedRemark({ healed, openIncident }: ServiceView): string[] {
  if (!healed || openIncident) return [];
  const how = healed.kills > 0 ? ` by ${counted(healed.kills, 'SIGKILL')}` : '';
  const lost = `real work was lost for ${duration(healed.lostMs)}`;
  return [`Healed at ${clock(healed.wallMs)}${how}; ${lost}${healed.drill ? ', in a drill' : ''}.`];
}

/** The guard does not answer: nobody knows how the service is, and the page must not go on looking well. */
export function showBlind(sinceWallMs: number | null): void {
  const since = sinceWallMs === null ? 'It has not answered yet.' : `Last heard of at ${clock(sinceWallMs)}.`;
  draw({
    tone: 'blind',
    headline: 'I cannot see',
    sentence: 'The guard does not answer this page, so nobody here knows how the service is.',
    remarks: [since, 'On the box, type: ninelives status'],
  });
}

function draw({ tone, headline, sentence, remarks }: Banner): void {
  const section = byId('state');
  section.dataset.tone = tone;
  setText('badge', BADGES[tone]);
  setText('headline', headline);
  setText('sentence', sentence);
  setText('remarks', remarks.join(' '));
  document.title = `${headline} · ninelives`;
}

function setText(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

interface Figures {
  service: ServiceView | null;
  pending: number;
}

const showFigures = createPart<Figures>('figures', ({ service, pending }) => {
  const boxes: [title: string, value: string, more: string][] = [
    ['Power to kill', powerOf(service), proofOf(service)],
    ['Last real work', lastOf(service), service?.last?.detail ?? 'none yet'],
    ['Clients', clientsOf(service), waitOf(service)],
    ['Cheap endpoints', ...cheapOf(service)],
    [
      'Kill budget left',
      service && service.kills.max > 0
        ? `${Math.max(0, service.kills.max - service.kills.used)} of ${service.kills.max}`
        : '–',
      service && service.kills.windowMs > 0 ? `within ${duration(service.kills.windowMs)}` : '',
    ],
    [
      'Pages pending',
      String(pending),
      pending === 0 ? 'all of them delivered' : 'not accepted by anybody yet',
    ],
  ];
  return [
    h(
      'dl',
      { class: 'figures' },
      ...boxes.map(([title, value, more]) =>
        h('div', {}, h('dt', {}, title), h('dd', {}, value, h('small', {}, shortened(more)))),
      ),
    ),
  ];
});

export function showFiguresOf(view: DashboardView, service: ServiceView | null): void {
  showFigures({ service, pending: view.pages.pending });
}

function powerOf(service: ServiceView | null): string {
  if (!service) return '–';
  if (service.paused) return 'Paused';
  return service.armed ? 'Armed' : 'Watch-only';
}

function proofOf(service: ServiceView | null): string {
  if (!service) return '';
  return service.armed ? service.proof : 'its recovery is not proved yet';
}

function clientsOf(service: ServiceView | null): string {
  if (!service?.gateway) return '–';
  const { queued, inFlight } = service.gateway;
  return isHolding(service, service.gateway) ? `${queued + inFlight} waiting` : `${inFlight} under way`;
}

function waitOf(service: ServiceView | null): string {
  if (!service) return '';
  if (!service.gateway) return 'no gateway: not measured';
  const { longestWaitMs, refused } = service.gateway;
  const waits = longestWaitMs !== null && isHolding(service, service.gateway);
  const longest = waits ? `the longest for ${duration(longestWaitMs)}; ` : '';
  return `${longest}${refused === 0 ? 'none refused' : `${refused} refused`}`;
}

/** Whoever is served at once does not wait; while an incident lasts, nobody is. */
function isHolding({ openIncident }: ServiceView, { readiness, queued }: GatewayView): boolean {
  return openIncident !== null || queued > 0 || !['ready', 'unknown'].includes(readiness);
}

function lastOf(service: ServiceView | null): string {
  if (!service?.last) return '–';
  return service.last.right ? latency(service.last.tookMs) : 'failed';
}

function cheapOf(service: ServiceView | null): [value: string, more: string] {
  if (!service) return ['–', ''];
  const { cheap, openIncident } = service;
  if (!cheap) return ['–', 'not asked while all is well'];
  if (openIncident) return [cheap.lying ? 'lying' : 'honest', cheap.text];
  return [cheap.lying ? 'lied' : 'honest', `last time ${cheap.text}`];
}

const SHORT = 90;

function shortened(text: string): string {
  return text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text;
}

export const nothing = (text: string): Child[] => [h('p', { class: 'soft' }, text)];
