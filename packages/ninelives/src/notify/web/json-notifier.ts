import type { Notifier } from '../notifier.js';
import { field, postJson, type WebPorts, type Wire } from './http.js';
import { type Message, messageOf } from './message.js';

/** One POST a page. */
export interface JsonRequest {
  url: string;
  headers?: { [name: string]: string };
  body: unknown;
}

/**
 * A way on which a page is one POST of JSON, and the status of the answer is all that is said.
 * @param waitAt where the answer to a 429 says how many seconds to wait, if not in Retry-After
 */
export function createJsonNotifier(
  wire: Wire,
  requestOf: (message: Message) => JsonRequest | Promise<JsonRequest>,
  ports: WebPorts,
  waitAt: string[] | null = null,
): Notifier {
  return {
    name: wire.name,
    async deliver(page, signal) {
      const request = await requestOf(messageOf(page, ports.runbook));
      const { answer: _, ...delivery } = await postJson(wire, request, signal, ports, (answer) => {
        const seconds = waitAt === null ? null : field(answer, ...waitAt);
        return typeof seconds === 'number' ? Math.ceil(seconds * 1000) : null;
      });
      return delivery;
    },
  };
}
