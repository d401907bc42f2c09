import { DEFAULT_WATCH_POLICY } from '../watch/policy.js';
import { formatDuration } from './duration.js';

/** What `init` has seen of the machine that bears on who fails together with whom. */
export interface Surroundings {
  /** The name of this machine. */
  host: string;
  /** Whose tunnel leads to it; null: none was found. */
  tunnel: 'cloudflared' | 'ssh' | 'ngrok' | 'tailscale' | null;
}

const VENDOR = { cloudflared: 'cloudflare', ngrok: 'ngrok', tailscale: 'tailscale', ssh: 'edge' } as const;

/** Under a service: the public way, the LAN, and its domains; those are set where the machine was looked at. */
export function renderReach(around: Surroundings | null, quote: (text: string) => string): string {
  const domains = around
    ? `domains: ${domainsOf(quote(around.host), vendorOf(around))} # the host is seen, the rest guessed: mend it`
    : `# domains: ${domainsOf('box', 'tunnel-vendor')}`;
  return `
    # As others reach it, and what it fails together with: for  ninelives watch  and  ninelives layers
    # public: { url: "https://api.example.org" }
    # lan: { address: "192.0.2.10:22" } # any port of the box that answers; or url: its API on the LAN
    ${domains}
`;
}

/**
 * Three layers that share no fate, as a proposal: uncommented (with `public` above),  ninelives layers  finds no two of them to
 * be one. Off-site is not at the vendor of the tunnel, and tells by another way than the rest.
 */
export function renderLayers(around: Surroundings | null, quote: (text: string) => string): string {
  const host = around ? quote(around.host) : 'box';
  const far = around?.tunnel === 'cloudflared' ? 'a-vps' : 'cloudflare';
  const how = far === 'cloudflare' ? 'ninelives export cloudflare-worker' : 'ninelives export script';
  return `# How people are told: docs/notifiers.md has nine ways, the second in line, fallbacks, maintenance. Each page is kept until it
# is accepted. Try it: ninelives notify --test
# notify:
#   - name: phone
#     ntfy:
#       topic: a-long-name-that-nobody-guesses # on ntfy.sh the name is the password
#   - name: second # of another company, for the off-site layer: else one outage silences all
#     webhook:
#       url: https://hooks.example.org/ninelives
#       secret_file: ./webhook.secret # chmod 600

# Who else watches, and what fails together.  ninelives layers  says where two layers are one. Beats: docs/heartbeats.md
# layers:
#   - name: guard # on this machine
#     kind: guard
#     domains: { host: ${host}, power: home, uplink: home, site: home }
#     notify: [phone]
#     heard_by: [lan] # who notices when it stops
#   - name: lan # another machine here: ninelives watch, or install --watch
#     kind: watch
#     domains: { host: another, power: home, uplink: home, site: home }
#     notify: [phone]
#     heard_by: [off]
#   - name: off # off-site: ${how}
#     kind: beacon
#     domains: { provider: [${far}] }
#     notify: [second]
#     heard_by: [healthchecks.io]
# watch:
#   every: ${formatDuration(DEFAULT_WATCH_POLICY.everyMs)} # between looks of  ninelives watch  on another machine
#   failure_threshold: ${DEFAULT_WATCH_POLICY.failureThreshold}
#   remind: ${formatDuration(DEFAULT_WATCH_POLICY.remindMs)}
`;
}

function vendorOf({ tunnel }: Surroundings): string | null {
  return tunnel && VENDOR[tunnel];
}

function domainsOf(host: string, vendor: string | null): string {
  const provider = vendor === null ? '' : `, provider: [${vendor}]`;
  return `{ host: ${host}, power: home, uplink: home, site: home${provider} }`;
}
