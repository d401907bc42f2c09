import { request } from 'node:http';
import type { Killer } from '../types.js';
import type { TrafficEvidence } from './evidence.js';

/** What the private socket answers, to whoever may open it. */
export interface PrivateClient {
  /** @returns null when nobody answers in time. Never rejects. */
  evidence(limitMs: number): Promise<TrafficEvidence | null>;
  /** @returns whether the gateway took it in. Never rejects: who kills must not depend on it. */
  tell(by: Killer, death: 'next' | 'last', limitMs: number): Promise<boolean>;
  /** Prometheus' text. */
  metrics(limitMs: number): Promise<string | null>;
}

/** A gateway has far less to say. */
const ANSWER_MAX = 4 * 1024 * 1024;

export function createPrivateClient(socketPath: string): PrivateClient {
  return {
    async evidence(limitMs) {
      const text = await ask(socketPath, 'GET', '/evidence', limitMs);
      try {
        return text === null ? null : (JSON.parse(text) as TrafficEvidence);
      } catch {
        return null; // whatever answers there is not our gateway
      }
    },
    async tell(by, death, limitMs) {
      return (await ask(socketPath, 'POST', `/told?by=${by}&death=${death}`, limitMs)) !== null;
    },
    metrics: (limitMs) => ask(socketPath, 'GET', '/metrics', limitMs),
  };
}

function ask(socketPath: string, method: string, path: string, limitMs: number): Promise<string | null> {
  return new Promise((done) => {
    const give = (text: string | null) => done(text);
    const signal = AbortSignal.timeout(limitMs);
    const sent = request({ socketPath, method, path, signal, agent: false }, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > ANSWER_MAX) response.destroy();
        else parts.push(part);
      });
      response.on('error', () => give(null));
      response.on('close', () => give(null));
      response.on('end', () => give(response.statusCode === 200 ? Buffer.concat(parts).toString() : null));
    });
    sent.on('error', () => give(null));
    sent.end();
  });
}
