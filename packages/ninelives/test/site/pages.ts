import { existsSync, readFileSync } from 'node:fs';

/** What reached a person, as one of the four machines' servers took it. */
export interface Arrived {
  wallMs: number;
  /** Which server. */
  by: 'ntfy' | 'push';
  /** Which layer tells: its own name, or the heartbeat service. */
  layer: string;
  /** A loss of the service (or its tunnel), the silence of another layer, or that it could not see. */
  about: 'loss' | 'silence' | 'blind' | 'other';
  /** Whose silence; of a loss which service. */
  of: string;
  kind: 'told' | 'resolved' | 'notice';
  title: string;
  /** The same for a repeat of the same page (I10). */
  id: string;
}

const KINDS: { [tag: string]: Arrived['kind'] } = {
  red_circle: 'told',
  rotating_light: 'told',
  hourglass: 'told',
  white_check_mark: 'resolved',
};

/** Every message that a server has kept, in order. */
export function arrivedAt(by: Arrived['by'], file: string): Arrived[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => readMessage(by, JSON.parse(line)));
}

function readMessage(
  by: Arrived['by'],
  message: {
    wallMs: number;
    topic: string;
    title: string;
    message: string;
    tags: string[];
    sequence_id?: string;
  },
): Arrived {
  const { wallMs, topic, title, tags } = message;
  const kind = KINDS[tags[0] ?? ''] ?? 'notice';
  const id = message.sequence_id ?? `${topic}/${title}/${wallMs}`;
  const common = { wallMs, by, kind, title, id };
  if (topic === 'healthchecks') return { ...common, layer: 'hc.example', about: 'silence', of: 'off' };
  const layer = /^Seen: +from (\w+)/m.exec(message.message)?.[1] ?? 'guard';
  const silent = /^(\w+) (has been silent|was never heard|is heard again)/.exec(title)?.[1];
  if (silent !== undefined) return { ...common, layer, about: 'silence', of: silent };
  if (/could not see for/.test(title)) return { ...common, layer, about: 'blind', of: layer };
  const about = kind === 'notice' ? 'other' : 'loss';
  return { ...common, layer, about, of: title.split(' ')[0] ?? '' };
}
