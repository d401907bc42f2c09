import type { ActionRequest, DashboardView } from '../view.js';
import { act } from './api.js';
import { byId, h } from './dom.js';

const KEPT = 'ninelives-token';
/** Those that a person who looks at this page may want; the command line has them all. */
const FAULTS = ['wedge', 'freeze', 'crash'];

/** Pause, resume, acknowledge, drill. The token stays in this tab: no cookie, nothing that another site could ride on. */
export function createOperate(current: () => string | null): (view: Pick<DashboardView, 'actions'>) => void {
  takeFromAddress();
  const element = byId('operate');
  let shown: string | null = null;

  const redraw = (actions: boolean) => {
    const token = sessionStorage.getItem(KEPT);
    const next = `${actions}/${token !== null}`;
    if (next === shown) return;
    shown = next;
    if (!actions)
      element.replaceChildren(
        h('p', { class: 'soft' }, 'This dashboard only shows. On the box: ninelives pause, resume, drill.'),
      );
    else if (token === null) element.replaceChildren(askToken(() => redraw(true)));
    else element.replaceChildren(controls(token, current, () => redraw(true)));
  };
  return ({ actions }) => redraw(actions);
}

/** `#token=…` never reaches a server, and does not stay in the address. */
function takeFromAddress(): void {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token === undefined) return;
  sessionStorage.setItem(KEPT, token);
  history.replaceState(null, '', location.pathname);
}

function askToken(done: () => void): HTMLElement {
  const input = h('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'off',
    spellcheck: 'false',
    required: '',
  });
  const form = h(
    'form',
    {},
    h('label', { for: 'token' }, 'Token (type: ninelives dashboard)', input),
    h('button', { type: 'submit' }, 'Unlock'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEPT, input.value.trim());
    done();
  });
  return h(
    'div',
    { class: 'operate' },
    h('p', { class: 'soft' }, 'Locked. Reading needs no token; acting does.'),
    form,
  );
}

function controls(token: string, current: () => string | null, redraw: () => void): HTMLElement {
  const said = h('p', { role: 'status', id: 'operate-says', class: 'soft' }, 'Unlocked in this tab.');
  const perform = async (action: (service: string) => ActionRequest) => {
    const service = current();
    if (service === null) return;
    said.textContent = 'asking the guard…';
    const { done, text } = await act(action(service), token);
    said.textContent = text;
    said.className = done ? 'good' : 'bad';
  };
  const button = (text: string, action: 'pause' | 'resume' | 'acknowledge') => {
    const element = h('button', { type: 'button' }, text);
    element.addEventListener('click', () => void perform((service) => ({ service, action })));
    return element;
  };
  const fault = h('select', { id: 'fault' }, ...FAULTS.map((name) => h('option', { value: name }, name)));
  const drill = h('button', { type: 'button', class: 'danger' }, 'Run the drill…');
  drill.addEventListener('click', () => {
    void confirmed(fault.value).then((sure) => {
      if (sure) void perform((service) => ({ service, action: 'drill', fault: fault.value }));
    });
  });
  const lock = h('button', { type: 'button' }, 'Lock');
  lock.addEventListener('click', () => {
    sessionStorage.removeItem(KEPT);
    redraw();
  });
  return h(
    'div',
    { class: 'operate' },
    h(
      'div',
      { class: 'buttons' },
      button('Pause', 'pause'),
      button('Resume', 'resume'),
      button('Acknowledge', 'acknowledge'),
      lock,
    ),
    h('div', { class: 'buttons' }, h('label', { for: 'fault' }, 'Drill', fault), drill),
    said,
  );
}

function confirmed(fault: string): Promise<boolean> {
  const sure = h('button', { value: 'sure', class: 'danger' }, `Run ${fault}`);
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'sure-title' },
    h('h2', { id: 'sure-title' }, `Run the drill ${fault}?`),
    h(
      'p',
      {},
      'It harms the service on purpose and puts everything back. Requests fail meanwhile, unless a gateway holds them.',
    ),
    h('form', { method: 'dialog', class: 'buttons' }, sure, h('button', { value: 'no' }, 'Leave it')),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      done(dialog.returnValue === 'sure');
    });
  });
}
