import { DEFAULT_POLICY } from '../core/policy.js';
import {
  DEFAULT_GATEWAY_PORT,
  DEFAULT_PORT,
  DEFAULT_RESTART,
  DEFAULT_RETENTION_MS,
  OTHER_GATEWAY_PORT,
} from './defaults.js';
import { formatDuration } from './duration.js';
import { renderLayers, renderReach, type Surroundings } from './template-outer.js';

/** One service that `init` found or was told about. */
export interface TemplateService {
  name: string;
  source:
    | { type: 'embedder' }
    | { type: 'command'; argv: string[]; cwd?: string | null }
    | { type: 'unit'; unit: string; user: boolean };
  port: number;
  kind: 'embeddings' | 'chat' | 'completions';
  model: string | null;
  /** Where its API answers, when that is not the port of 127.0.0.1. */
  url?: string;
  /** A counter at its /metrics that was seen to move with its work; false: it has some, and they move by themselves. */
  counter?: string | null | false;
  /** Comments above it, a line each. */
  notes?: string[];
  /** Written as a comment as a whole: its probe did not pass. */
  disabled?: boolean;
}

export const TEMPLATE_SERVICE: TemplateService = {
  name: 'embedder',
  source: { type: 'embedder' },
  port: DEFAULT_PORT,
  kind: 'embeddings',
  model: null,
};

/**
 * The ninelives.yaml that `ninelives init` writes: what was found is set, everything else stands there as a
 * comment with its default. `loadConfig` accepts it as it is.
 * @param schema URL or path of ninelives.schema.json, for editors
 */
export function renderTemplate(options: {
  schema: string;
  services: readonly TemplateService[];
  around?: Surroundings;
}): string {
  const { around = null } = options;
  return `# yaml-language-server: $schema=${oneLine(options.schema)}
#
# ninelives keeps these services answering. Look at it with  ninelives doctor  and start with  ninelives up
# Durations: 500ms, 30s, 3m, 1h30m. Any value may take \${NAME} from the environment; $$ is one dollar sign.
version: 1

services:
${options.services.map((service) => renderService(service, around)).join('\n')}
${renderLayers(around, quote)}
# What is older is forgotten.
# retention: ${formatDuration(DEFAULT_RETENTION_MS)}
`;
}

function renderService(service: TemplateService, around: Surroundings | null): string {
  const notes = (service.notes ?? []).map((line) => `  # ${line.replace(/\s+/g, ' ')}\n`).join('');
  const text = renderEnabled(service, around);
  if (!service.disabled) return notes + text;
  return notes + text.replace(/^(?: {2})?(?=.)/gm, '  # ');
}

function renderEnabled(service: TemplateService, around: Surroundings | null): string {
  const policy = DEFAULT_POLICY;
  const { model } = service;
  const modelLine = model === null ? '# model: my-model' : `model: ${quote(model)}`;
  return `  - name: ${quote(service.name)}
    port: ${service.port}
${renderSource(service)}

    # Real work, and what a right answer is. A kill is decided by this, never by /health.
    probe:
      kind: ${service.kind} # embeddings, chat, completions or http
${service.url === undefined ? '' : `      url: ${quote(service.url)}\n`}      ${service.source.type === 'embedder' ? '# model: the one that is served' : modelLine}
      # every: ${formatDuration(policy.intervalMs)}
      # deadline: { min: ${formatDuration(policy.deadlineMinMs)}, max: ${formatDuration(policy.deadlineMaxMs)} } # learnt from its own answers, within these
      # bearer_file: ./api.key # chmod 600
${renderKind(service.kind)}${renderProgress(service)}
    # When to kill, and when not to.
    # guard:
    #   failure_threshold: ${policy.failureThreshold} # in a row, of one process, with nothing completed in between
    #   success_threshold: ${policy.successThreshold}
    #   startup_grace: ${formatDuration(policy.startupGraceMs)} # never killed this soon after its start
    #   kills: ${policy.killsMax} # within the window; then it slows down and a person is asked
    #   window: ${formatDuration(policy.windowMs)}
${renderGateway(service)}${renderReach(around, quote)}${renderRestart(service)}`;
}

function renderGateway({ port }: TemplateService): string {
  const own = port === DEFAULT_GATEWAY_PORT ? OTHER_GATEWAY_PORT : DEFAULT_GATEWAY_PORT;
  return `
    # In front of it: point the tunnel here. Holds what clients ask while it is away, and asks again.
    # gateway: # false: none
    #   port: ${own}
    #   keys_file: ./api.keys # one a line, chmod 600; without it nobody is asked for one
    #   per_minute: 600 # for each key, or address
`;
}

function renderSource({ source, model }: TemplateService): string {
  switch (source.type) {
    case 'embedder':
      return `    # The built-in embedding model. A hub id (owner/name) or a folder takes another one.
    embedder:
      ${model === null ? '# model: sentence-transformers/all-MiniLM-L6-v2' : `model: ${quote(model)}`}
      # prompts: { STS12: "" } # text put before each input, by task_name`;
    case 'command':
      return `    # Runs as written, with no shell around it.
    command: [${source.argv.map(quote).join(', ')}]
    ${source.cwd ? `cwd: ${quote(source.cwd)}` : '# cwd: .'}
    # env: { CUDA_VISIBLE_DEVICES: "0" }`;
    case 'unit':
      return `    # systemd starts it, and starts it again; ninelives only looks, and kills what hangs.
    unit: ${quote(source.unit)}
    user: ${source.user} # true: of systemctl --user`;
  }
}

function renderProgress({ counter, url, port }: TemplateService): string {
  if (counter === false) return '\n    progress: false # its counters move without work, too\n';
  if (!counter) return '';
  const metrics = new URL('/metrics', url ?? `http://127.0.0.1:${port}`).href;
  return `
    # A counter that moves exactly when work gets done: while it does, a slow server is busy, not hung.
    progress: { url: ${quote(metrics)}, counter: ${quote(counter)} }
`;
}

function renderKind(kind: TemplateService['kind']): string {
  if (kind !== 'embeddings') {
    return `      # prompts: ["Reply with one word: hello"]
      # expect: hello # what the text must contain
      # max_tokens: 8
`;
  }
  return `      # task_name: STS12
      # texts: [liveness probe, The cat sleeps on the warm windowsill.] # two at a time, in turn
      # vector_length: 384
      # golden: ./golden.json # approved vectors, by text
      # min_cosine: 0.95
`;
}

function renderRestart({ source }: TemplateService): string {
  if (source.type === 'unit') return '';
  const restart = DEFAULT_RESTART;
  return `
    # As in a systemd unit.
    # restart:
    #   policy: ${restart.policy}
    #   sec: ${formatDuration(restart.restartMs)}
    #   start_limit_burst: ${restart.startLimitBurst} # must stay above guard.kills
    #   start_limit_interval: ${formatDuration(restart.startLimitIntervalMs)}
    #   stop_timeout: ${formatDuration(restart.stopTimeoutMs)}
`;
}

/** Every JSON string is a YAML string; a dollar sign is doubled, since one alone may begin a reference. */
function quote(text: string): string {
  if (/^[A-Za-z][A-Za-z0-9_./-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text))
    return text;
  return JSON.stringify(text.replaceAll('$', '$$$$')).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    escapeUnit,
  );
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, '%20');
}
