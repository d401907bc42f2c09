import type { Deadline } from './deadline.js';

/**
 * Reads a body up to `maxBytes` and cancels the rest.
 * @returns the text, and whether there was more than allowed
 * @throws what the stream throws (connection ended early), or at the deadline
 */
export async function readBounded(
  response: Response,
  maxBytes: number,
  deadline: Deadline,
): Promise<{ text: string; over: boolean }> {
  if (response.body === null) return { text: '', over: false };
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for (;;) {
      const chunk = await deadline.within(reader.read());
      if (chunk.done) return { text: text + decoder.decode(), over: false };
      bytes += chunk.value.byteLength;
      if (bytes > maxBytes) return { text, over: true };
      text += decoder.decode(chunk.value, { stream: true });
    }
  } finally {
    reader.cancel().catch(() => {}); // after the end it is a no-op; before it, it frees the connection
  }
}
