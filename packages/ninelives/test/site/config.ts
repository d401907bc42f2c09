import { ADDRESS } from './wires.js';

/** Who is who: secrets of the chain of heartbeats. */
export const UUID = {
  guard: '1d3f0f0e-6a34-4f0b-9a51-3c7a5a0c1e01',
  lan: '2d3f0f0e-6a34-4f0b-9a51-3c7a5a0c1e02',
  off: '3d3f0f0e-6a34-4f0b-9a51-3c7a5a0c1e03',
};
export const HEARTBEAT_SERVICE = 'hc.example';
export const PUBLIC_PORT = 8443;
export const WORKER_PORT = 8787;
const HC_URL = `http://${ADDRESS.outside}:8000/ping/${UUID.off}`;
export const WORKER_URL = `http://${ADDRESS.worker}:${WORKER_PORT}`;
/** How long the heartbeat service waits, as the config says: longer than a pass in which every look runs into its deadline. */
export const OFF_GRACE_MS = 16_000;

/**
 * What fails together in this world; seconds stand for minutes. One config for all machines, but for who beats to whom. What
 * is waited for in each cut is short; what only a machine under load runs into (deadlines, patience) is long, so that load is
 * not taken for a failure.
 */
const SHARED = `version: 1
services:
  - name: svc
    unit: model.service
    port: 8088
    gateway: false
    public: { url: "http://${ADDRESS.edge}:${PUBLIC_PORT}" }
    lan: { url: "http://${ADDRESS.box}:8088" }
    domains: { host: box, power: home, uplink: isp, site: home, provider: [edge] }
    probe: { every: 500ms, deadline: { min: 1s, max: 4s } }
    guard: &patience { confirm: 300ms, idle_patience: 8s, jam_patience: 15s, opaque_patience: 15s, busy_limit: 15s, escalate_after: 8s }
  - name: tunnel
    unit: tunnel.service
    tunnel: { of: svc, local: "http://127.0.0.1:8088" }
    probe: { every: 500ms, deadline: { min: 2s, max: 4s } }
    guard: *patience
notify:
  - { name: ntfy, domains: { provider: ntfy }, ntfy: { server: "http://${ADDRESS.ntfy}", topic: home } }
  - { name: push, domains: { provider: push }, ntfy: { server: "http://${ADDRESS.push}", topic: home } }
paging: { flapping: false, remind: false }
watch:
  layer: lan
  every: 1s
  confirm: 1s
  deadline: 3s
  remind: 2h
  controls:
    - { owner: a, url: "http://${ADDRESS.outside}:80/", status: 204, domains: { provider: [a] } }
    - { owner: b, url: "http://${ADDRESS.outside}:81/", status: 204, domains: { provider: [b] } }
layers:
  - { name: guard, kind: guard, domains: { host: box, power: home, uplink: isp, site: home }, notify: [ntfy], every: 500ms, heard_by: [lan], grace: 10s }
  - { name: lan, kind: watch, domains: { host: nuc, power: home, uplink: isp, site: home }, notify: [ntfy], every: 1s, heard_by: [off], grace: 10s }
  - { name: off, kind: beacon, domains: { provider: [cloud] }, notify: [push], every: 1s, heard_by: [${HEARTBEAT_SERVICE}], grace: ${OFF_GRACE_MS}ms }
`;

export const CONFIG = {
  box: `${SHARED}heartbeats:
  send:
    - { name: lan, url_file: ./beat.secret, every: 500ms }
`,
  lan: `${SHARED}heartbeats:
  listen: "${ADDRESS.lan}:8091"
  from:
    - { name: guard, uuid_file: ./guard.secret, grace: 10s }
  send:
    - { name: off, url_file: ./beat.secret, every: 500ms }
`,
  off: SHARED,
};

/** Where the box and the LAN machine beat to: each in a file of its own. */
export const BEATS = {
  box: `http://${ADDRESS.lan}:8091/ping/${UUID.guard}`,
  lan: `${WORKER_URL}/ping/${UUID.lan}`,
};

/** What the platform of the off-site layer keeps for it. */
export const FAR_SECRETS = {
  BEACON_PUSH_TOPIC: 'home',
  BEACON_BEAT_HC_EXAMPLE: HC_URL,
  BEACON_HEARS_LAN: UUID.lan,
};

/** Units of the box, by its admin; what they run is jc's. */
export function unitsOf(node: string, dist: string, bin: string): { [name: string]: string } {
  const unit = (lines: string[]) =>
    ['[Service]', 'User=jc', ...lines, '[Install]', 'WantedBy=default.target', ''].join('\n');
  const limit = ['[Unit]', 'StartLimitIntervalSec=0', ''].join('\n');
  const ssh = [
    ...['/usr/bin/ssh', '-N', '-p', '22', '-i', '/home/jc/tunnel.key'],
    ...['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ExitOnForwardFailure=yes'].map(option),
    ...['ServerAliveInterval=2', 'ServerAliveCountMax=3', 'ConnectTimeout=20', 'BatchMode=yes'].map(option),
    ...['-R', `${ADDRESS.edge}:${PUBLIC_PORT}:127.0.0.1:8088`, `root@${ADDRESS.edge}`],
  ];
  const guard = `${node} ${bin} guard --config /home/jc/ninelives.yaml --state /home/jc/state --no-dashboard`;
  return {
    model: unit([`ExecStart=${node} ${dist}/test/site/programs/model.js 8088`, 'Restart=on-failure']),
    tunnel: limit + unit([`ExecStart=${ssh.join(' ')}`, 'Restart=always', 'RestartSec=1']),
    guard: unit([`ExecStart=${guard} --arm-without-drill`, 'Restart=always', 'RestartSec=1']),
  };
}

function option(setting: string): string {
  return `-o ${setting}`;
}
