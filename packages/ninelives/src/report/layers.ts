import type { LayerRow, ServiceReport } from './model.js';

/** On the box, as the record shows it; whatever watches from outside is told of elsewhere, or not set up. */
export function notSetUp(services: Pick<ServiceReport, 'watching'>[]): LayerRow[] {
  const last = services.length > 0;
  return [
    {
      name: 'on the box',
      catches: 'crashes and hangs; dies with the box',
      status: last ? 'watching' : 'unknown',
      lastWallMs: null,
      text: last ? 'this record is its own' : 'nothing is guarded yet',
    },
    {
      name: 'on the LAN',
      catches: 'a dead host, a broken tunnel; shares power and uplink with the box',
      status: 'not set up',
      lastWallMs: null,
      text: 'nobody watches from a second machine',
    },
    {
      name: 'off-site',
      catches: 'the site without power or uplink',
      status: 'not set up',
      lastWallMs: null,
      text: 'nobody watches from elsewhere',
    },
  ];
}
