/**
 * Splits a command line into its words as a shell would: blanks, quotes, backslash. There is no shell behind
 * it: what only a shell understands is refused, because `sh -c …` would make the shell the main process, and
 * the kill would hit the wrapper instead of the server.
 */
export function splitWords(line: string): { argv: string[] } | { problem: string } {
  const argv: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] as string;
    if (/\s/.test(char)) {
      if (word !== null) argv.push(word);
      word = null;
    } else if (char === "'" || char === '"') {
      const end = closingQuote(line, i);
      if (end === -1) return { problem: `the quote ${char} at character ${i + 1} is never closed` };
      const inside = line.slice(i + 1, end);
      word = (word ?? '') + (char === '"' ? inside.replace(/\\(["\\$`])/g, '$1') : inside);
      i = end;
    } else if (char === '\\' && i + 1 < line.length) {
      word = (word ?? '') + line[++i];
    } else if ('|&;<>`$()'.includes(char)) {
      return {
        problem: `"${char}" needs a shell, and there is none: write a list, such as ["sh", "-c", "exec …"]`,
      };
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== null) argv.push(word);
  return argv.length === 0 || argv[0] === '' ? { problem: 'the command is empty' } : { argv };
}

function closingQuote(line: string, start: number): number {
  const quote = line[start];
  for (let i = start + 1; i < line.length; i++) {
    if (line[i] === '\\' && quote === '"') i++;
    else if (line[i] === quote) return i;
  }
  return -1;
}

/** A command as its words; what is wrong with it is reported. */
export function argvOf(command: string | string[], report: (message: string) => void): string[] {
  if (typeof command !== 'string') {
    if (command[0] === '') report('the command is empty');
    return command;
  }
  const words = splitWords(command);
  if ('argv' in words) return words.argv;
  report(words.problem);
  return [];
}
