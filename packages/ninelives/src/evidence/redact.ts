/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/** Names of variables, options and headers whose values are nobody's business. */
const SECRET_NAME =
  /key|token|secret|passw|pwd|auth|cookie|credential|session|bearer|private|signature|dsn|webhook|jwt|passphrase|salt/i;
/** These hold one of the words above and no secret. */
const HARMLESS_NAME =
  /^(PWD|OLDPWD|SSH_AUTH_SOCK|XDG_SESSION_.*|DESKTOP_SESSION|DBUS_SESSION_BUS_ADDRESS|TOKENIZERS_.*)$/;
/** Shorter values ("1", "true") are found everywhere and reveal nothing. */
const SECRET_CHARS_MIN = 6;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);
}

/** NUL-separated variables, as of /proc/PID/environ, with secret values replaced and handed to `conceal`. */
export function redactEnviron(
  environ: string,
  conceal: (secret: string) => void,
): { [name: string]: string } {
  const entries = environ.split('\0').flatMap((entry): [string, string][] => {
    const at = entry.indexOf('=');
    if (at <= 0) return [];
    const [name, value] = [entry.slice(0, at), entry.slice(at + 1)];
    if (value === '' || !isSecretName(name)) return [[name, value]];
    conceal(value);
    return [[name, REDACTED]];
  });
  return Object.fromEntries(entries);
}

/** An argument list with the values of secret options replaced: `--api-key X`, `--api-key=X`, `NAME=X`. */
export function redactArgv(argv: readonly string[], conceal: (secret: string) => void): string[] {
  return argv.map((word, at) => {
    const assigned = /^(-{0,2}[A-Za-z][\w.-]*)=(.+)$/s.exec(word);
    if (assigned?.[1] && assigned[2] && isSecretName(assigned[1])) {
      conceal(assigned[2]);
      return `${assigned[1]}=${REDACTED}`;
    }
    const option = argv[at - 1] ?? '';
    if (!/^--?[A-Za-z]/.test(option) || option.includes('=') || !isSecretName(option)) return word;
    if (word.startsWith('-')) return word;
    conceal(word);
    return REDACTED;
  });
}

/** What looks like a secret. Every repetition has a limit: a hostile log must not cost more than its length. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"']{1,200}@/gi, `$1${REDACTED}@`],
  [/\b(bearer|basic)(\s{1,4})[\w.~+/=-]{6,}/gi, `$1$2${REDACTED}`],
  [/\b(?:sk|hf|ghp|gho|xox[abprs])[-_][A-Za-z0-9_-]{12,}/g, REDACTED],
  [
    /([?&][\w-]{0,20}(?:key|token|secret|password|signature|sig|auth)[\w-]{0,20}=)[^&\s"']+/gi,
    `$1${REDACTED}`,
  ],
];

/**
 * A function that takes known secrets, credentials in URLs and bearer tokens out of every string of a JSON value,
 * wherever they turn up: a log line, a stack, a command line.
 */
export function createScrubber(secrets: Iterable<string>): <T>(value: T) => T {
  // The longest first: one may be part of another.
  const known = [...new Set(secrets)]
    .filter((secret) => secret.length >= SECRET_CHARS_MIN)
    .sort((a, b) => b.length - a.length);

  function scrubText(text: string): string {
    const without = known.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
    return PATTERNS.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), without);
  }

  function scrub(value: unknown): unknown {
    if (typeof value === 'string') return scrubText(value);
    if (Array.isArray(value)) return value.map(scrub);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [scrubText(key), scrub(inner)]));
  }

  return <T>(value: T) => scrub(value) as T;
}
