import { quoteUnit, type Step } from './step.js';

/** A gateway that lives on by itself, in front of one service. */
export interface GatewayUnit {
  service: string;
  /** `127.0.0.1:8080` */
  listen: string;
  /** Absolute. Its `--listen` is not used: the port is its socket unit's. */
  argv: string[];
}

/** A frozen one is ended after this long without a sign of life. */
const WATCHDOG_S = 20;
/** Longer than it drains (see cli/commands/gateway.ts). */
const STOP_S = 90;

export function unitsOf({ service }: GatewayUnit): { socket: string; service: string } {
  return { socket: `ninelives-gateway-${service}.socket`, service: `ninelives-gateway-${service}.service` };
}

/** Its two unit files; systemd reads them with the guard's. */
export function gatewayFiles(unitDir: string, gateways: readonly GatewayUnit[]): Step[] {
  return gateways.flatMap((gateway) => {
    const { socket, service } = unitsOf(gateway);
    return [
      { type: 'file', path: `${unitDir}/${socket}`, text: socketText(gateway), mode: 0o644 },
      { type: 'file', path: `${unitDir}/${service}`, text: serviceText(gateway), mode: 0o644 },
    ];
  });
}

export function gatewayStarts(gateways: readonly GatewayUnit[]): Step[] {
  return gateways.map((gateway) => {
    const { socket, service } = unitsOf(gateway);
    return {
      type: 'run',
      argv: ['systemctl', '--user', 'enable', '--now', socket, service],
      undo: ['systemctl', '--user', 'disable', '--now', socket, service],
      why: `the gateway in front of ${gateway.service}, on ${gateway.listen}`,
    };
  });
}

function socketText({ service, listen }: GatewayUnit): string {
  return `[Unit]
Description=ninelives gateway to ${service}: its port, which stays open while the gateway is restarted

[Socket]
ListenStream=${listen}
NoDelay=true

[Install]
WantedBy=sockets.target
`;
}

function serviceText(gateway: GatewayUnit): string {
  const { socket } = unitsOf(gateway);
  return `[Unit]
Description=ninelives gateway to ${gateway.service}: holds and replays what clients ask
Requires=${socket}
After=${socket}
# However often it falls: clients wait in its socket meanwhile.
StartLimitIntervalSec=0

[Service]
# READY=1 and WATCHDOG=1 come from systemd-notify, a child: hence NotifyAccess=all.
Type=notify
NotifyAccess=all
ExecStart=${gateway.argv.map(quoteUnit).join(' ')}
WatchdogSec=${WATCHDOG_S}
Restart=always
RestartSec=100ms
# It answers everybody who is here before it ends.
TimeoutStopSec=${STOP_S}

[Install]
WantedBy=default.target
`;
}
