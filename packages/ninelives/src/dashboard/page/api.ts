import type { ActionAnswer, ActionRequest, HistoryView, IncidentsView } from '../view.js';

/** The daemon's API, from the page. A question that is not answered gives null: the page shows what it has. */

const LIMIT_MS = 10_000;

async function ask<T>(path: string, parameters: { [name: string]: string }): Promise<T | null> {
  try {
    const query = new URLSearchParams(parameters);
    const response = await fetch(`${path}?${query}`, { signal: AbortSignal.timeout(LIMIT_MS) });
    return response.ok ? ((await response.json()) as T) : null;
  } catch {
    return null; // the connection's own mark tells of it
  }
}

/** `hours`: 1, 6 or 72, or `now` for the last ten minutes. */
export const askHistory = (service: string, hours: string) =>
  ask<HistoryView>('/api/history', { service, hours });

export const askIncidents = (service: string) => ask<IncidentsView>('/api/incidents', { service });

/** A drill is answered when it has begun; what comes of it is seen on the page. */
export async function act(action: ActionRequest, token: string): Promise<ActionAnswer> {
  try {
    const response = await fetch('/api/actions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify(action),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const answer = (await response.json()) as ActionAnswer & { error?: string };
    return { done: response.ok && answer.done, text: answer.error ?? answer.text };
  } catch {
    return { done: false, text: 'The guard did not answer.' };
  }
}
