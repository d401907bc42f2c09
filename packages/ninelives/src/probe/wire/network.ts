import type { ProbeReason } from '../../core/types.js';

/** Why a fetch failed, by the code of its cause (Node's errno names, undici's UND_ERR_*, OpenSSL's names). */
const BY_CODE: { [code: string]: [ProbeReason, string] } = {
  ECONNREFUSED: ['refused', 'nobody accepts connections there'],
  ECONNRESET: ['reset', 'the connection ended before a whole answer'],
  ECONNABORTED: ['reset', 'the connection ended before a whole answer'],
  EPIPE: ['reset', 'the connection ended before a whole answer'],
  UND_ERR_SOCKET: ['reset', 'the connection ended before a whole answer'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['reset', 'the answer is shorter than it said'],
  HPE_INVALID_EOF_STATE: ['reset', 'the connection ended before a whole answer'],
  // A process that is stopped with a full accept queue drops SYNs: to us that is silence, not a fault of ours.
  ETIMEDOUT: ['timeout', 'the connection was not accepted in time'],
  UND_ERR_CONNECT_TIMEOUT: ['timeout', 'the connection was not accepted in time'],
  UND_ERR_HEADERS_TIMEOUT: ['timeout', 'no answer began in time'],
  UND_ERR_BODY_TIMEOUT: ['timeout', 'the answer stopped half way'],
  UND_ERR_HEADERS_OVERFLOW: ['wrong', 'the answer has too many headers'],
  ENOTFOUND: ['blind', 'the host name is unknown here'],
  EAI_AGAIN: ['blind', 'the name service does not answer'],
  EMFILE: ['blind', 'we are out of file descriptors (ulimit -n)'],
  ENFILE: ['blind', 'this machine is out of file descriptors'],
  ENOBUFS: ['blind', 'this machine is out of socket buffers'],
  ENOMEM: ['blind', 'this machine is out of memory'],
  EADDRNOTAVAIL: ['blind', 'no local address or port is free to connect from'],
  EACCES: ['blind', 'we are not allowed to connect'],
  EPERM: ['blind', 'a local firewall forbids the connection'],
  ENETUNREACH: ['blind', 'there is no route to it from here'],
  EHOSTUNREACH: ['blind', 'there is no route to it from here'],
  ENETDOWN: ['blind', 'the network is down here'],
};

const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO$)/;

export interface NetworkVerdict {
  reason: ProbeReason;
  detail: string;
}

/**
 * Classifies what fetch (or its body stream) threw. What we don't know is 'blind': a failure that we can't
 * explain must never count towards a kill.
 */
export function judgeNetworkError(error: unknown): NetworkVerdict {
  const chain = causes(error);
  for (const { code } of chain) {
    if (code === null) continue;
    const known = BY_CODE[code];
    if (known !== undefined) return { reason: known[0], detail: `${known[1]} (${code})` };
    if (TLS.test(code)) {
      return {
        reason: 'misconfigured',
        detail: `TLS does not work (${code}): use http:// in \`probe.url\`, or a certificate that this machine trusts`,
      };
    }
    if (code.startsWith('HPE_')) {
      return {
        reason: 'misconfigured',
        detail: `what answers there does not speak HTTP (${code}): set \`probe.url\``,
      };
    }
  }
  const words = chain.map(({ message }) => message).filter((message) => message !== '');
  if (words.includes('bad port')) {
    return {
      reason: 'misconfigured',
      detail: 'fetch refuses this port (Fetch standard, "bad port"): let the service use another',
    };
  }
  const codes = chain.map(({ code }) => code).filter((code) => code !== null);
  const last = words.at(-1) ?? 'no reason given';
  return {
    reason: 'blind',
    detail: `could not look: ${codes[0] === undefined ? last : `${last} (${codes[0]})`}`.slice(0, 300),
  };
}

/** The error, its causes, and what an AggregateError holds (both addresses of `localhost` refused), outermost first. */
function causes(error: unknown): { code: string | null; message: string }[] {
  const found: { code: string | null; message: string }[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && found.length < 8) {
    const next = queue.shift();
    if (typeof next !== 'object' || next === null) continue;
    const { name, code, message, cause, errors } = next as { [key: string]: unknown };
    const words = typeof message === 'string' ? message : '';
    const parser = name === 'HTTPParserError' ? parserCode(words) : null;
    found.push({ code: typeof code === 'string' ? code : parser, message: words });
    queue.push(cause, ...(Array.isArray(errors) ? errors.slice(0, 4) : []));
  }
  return found;
}

/** undici 7 (Node 24) leaves out the code that its parser's errors had in undici 6. */
function parserCode(message: string): string {
  return message.includes('Invalid EOF') ? 'HPE_INVALID_EOF_STATE' : 'HPE_INVALID';
}
