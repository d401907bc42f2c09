import { codeOnly, type SourceFile } from './source.js';

/** A call that hides an input (time, chance, the environment) from whoever calls, and what to do instead. */
interface Banned {
  what: RegExp;
  instead: string;
  /** Paths that may: where the effect lives, and the composition roots, which hand it on. */
  except: RegExp;
}

const ROOTS =
  /^packages\/(ninelives\/src\/(cli\/|dashboard\/page\/|daemon\/(main|up|run)\.ts)|embedder\/src\/(main|run|serve|engine\/main)\.ts|beacon\/src\/(script|worker)\/)/;
const HOST = /^packages\/ninelives\/src\/host\//;
/** The embedder decides nothing: it batches by time and downloads with time limits. */
const EMBEDDER = /^packages\/embedder\/src\//;
const either = (...patterns: RegExp[]) => new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'));

export const BANNED: Banned[] = [
  {
    what: /\bDate\.now\b|\bnew Date\(\)/,
    instead: 'take wallMs from the clock that is handed in',
    except: either(ROOTS, HOST, EMBEDDER),
  },
  {
    what: /\bperformance\.now\b/,
    instead: 'take atMs or nowMs from the clock that is handed in',
    except: either(ROOTS, HOST, EMBEDDER),
  },
  {
    what: /\bMath\.random\b/,
    instead: 'take a random() that is handed in, so that a run can be replayed',
    except: either(ROOTS, HOST),
  },
  {
    what: /\brandomUUID\b/,
    instead: 'count ids up in the state, or have host/ make them',
    except: either(ROOTS, HOST),
  },
  {
    // A socket's own limit of silence is its property, not a timer of ours.
    what: /(?<!\bsocket\??\.)\b(setTimeout|setInterval|setImmediate)\b/,
    instead: 'return when it is due (scheduleMs), or take a clock with sleep(ms, signal)',
    except: either(ROOTS, HOST, EMBEDDER),
  },
  { what: /\bconsole\./, instead: 'return the words, or take a sink; cli/ prints', except: ROOTS },
  {
    // `process` is also what we call one; these members are Node's.
    what: /\bprocess\.(env|argv|exit|exitCode|std(in|out|err)|on|once|kill|cwd|chdir|hrtime|uptime|nextTick|getuid|umask|execPath|platform|versions?)\b/,
    instead: 'take it as an argument; composition roots read the environment, host/ touches processes',
    except: either(ROOTS, HOST),
  },
];

/** `path:line: word: what to do instead`, for each banned call. */
export function bannedCalls({ path, text }: SourceFile): string[] {
  const lines = codeOnly(text).split('\n');
  return BANNED.filter(({ except }) => !except.test(path)).flatMap(({ what, instead }) =>
    lines.flatMap((line, index) => {
      const found = what.exec(line)?.[0];
      return found === undefined ? [] : [`${path}:${index + 1}: ${found}: ${instead}`];
    }),
  );
}
