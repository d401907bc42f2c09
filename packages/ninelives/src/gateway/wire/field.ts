/** A token (RFC 9110 §5.6.2): what a method or a field name is made of. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that a field value may not have
const NOT_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;

/** The value of a header line without the blanks and tabs around it, and only those; null when it is none (RFC 9110 §5.5). */
export function fieldValue(line: string, colon: number): string | null {
  let from = colon + 1;
  let to = line.length;
  while (from < to && isBlank(line.charCodeAt(from))) from += 1;
  while (to > from && isBlank(line.charCodeAt(to - 1))) to -= 1;
  const value = line.slice(from, to);
  return isText(value) ? value : null;
}

/** A whole header or trailer line, without its end. */
export function isField(line: string): boolean {
  const colon = line.indexOf(':');
  return colon > 0 && TOKEN.test(line.slice(0, colon)) && fieldValue(line, colon) !== null;
}

/** May it stand in a status line or a field value? */
export function isText(value: string): boolean {
  return !NOT_IN_VALUE.test(value);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
