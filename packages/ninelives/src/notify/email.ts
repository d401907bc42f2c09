import type { NotifierConfig } from '../config/service.js';
import type { Delivery, Notifier } from './notifier.js';
import { conceal, type WebPorts } from './web/http.js';
import { messageOf, type Urgency } from './web/message.js';

type Config = Extract<NotifierConfig, { type: 'email' }>;

const IMPORTANCE: Record<Urgency, 'low' | 'normal' | 'high'> = {
  low: 'low',
  normal: 'normal',
  high: 'high',
  urgent: 'high',
};

/**
 * One SMTP session a page. Message-ID comes from the page's id, so that a repeat is the same message; pages of one loss
 * refer to one id, so that they stand in one thread. A 4xx of the server is tried again, a 5xx is refused (RFC 5321 §4.2.1).
 */
export function createEmailNotifier(config: Config, ports: WebPorts): Notifier {
  const { name, host, port, tls, user, password, from, to } = config;
  const secrets = [password, password === null ? null : btoa(password)];
  return {
    name,
    async deliver(page, signal) {
      const message = messageOf(page, ports.runbook);
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        host,
        port,
        secure: tls === 'implicit',
        requireTLS: tls === 'starttls',
        ignoreTLS: tls === 'none',
        ...(user === null ? {} : { auth: { user, pass: password ?? '' } }),
        connectionTimeout: config.timeoutMs,
        greetingTimeout: config.timeoutMs,
        socketTimeout: config.timeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        if (signal.aborted) return { outcome: 'retry', error: `${name}: called off` };
        await transport.sendMail({
          from,
          to,
          subject: message.title,
          text: message.text,
          date: new Date(page.wallMs),
          messageId: `<${idOf(page.id)}@ninelives>`,
          references: `<${idOf(message.key)}@ninelives>`,
          priority: IMPORTANCE[message.urgency],
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal,
        });
        return { outcome: 'accepted' };
      } catch (error) {
        return deliveryOf(name, error, secrets, signal.aborted);
      } finally {
        transport.close();
      }
    },
  };
}

/** RFC 5322 takes these characters in the left half; what else an id may hold is written as its code. */
function idOf(id: string): string {
  return id.replace(/[^A-Za-z0-9.-]/g, (character) => `_${character.codePointAt(0)?.toString(16)}_`);
}

function deliveryOf(name: string, error: unknown, secrets: (string | null)[], calledOff: boolean): Delivery {
  const { code, responseCode, response } = error as {
    code?: string;
    responseCode?: number;
    response?: string;
  };
  if (calledOff) return { outcome: 'retry', error: `${name}: no answer within the limit` };
  if (responseCode === undefined)
    return { outcome: 'retry', error: `${name}: network (${code ?? 'unknown'})` };
  const said = conceal(String(response ?? responseCode), secrets)
    .replace(/\s+/g, ' ')
    .slice(0, 200);
  const text = `${name}: SMTP ${said}`;
  return responseCode >= 500 ? { outcome: 'refused', error: text } : { outcome: 'retry', error: text };
}
