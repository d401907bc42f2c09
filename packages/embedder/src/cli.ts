import { parseArgs } from 'node:util';
import { EmbedderError } from './errors.js';

export const USAGE = `ninelives-embedder: an OpenAI-compatible embedding server

  ninelives-embedder [options]

  --model ID|DIR     a hub id (owner/name) or a folder (./dir, /dir)
                     [sentence-transformers/all-MiniLM-L6-v2]
  --host ADDRESS     where to listen [127.0.0.1]
  --port N           which port; 0 takes a free one [8088]
  --config FILE      YAML; see config.example.yaml in this package
  --cache DIR        where models are kept [$XDG_CACHE_HOME/ninelives or ~/.cache/ninelives]
  --fetch-only       download and verify the model, then exit
  --json-log         log lines as JSON
  --version, --help

  exit status: 0 fine, 1 the engine died, 2 usage or config, 3 environment, 70 a bug
`;

/** The command line as typed; `undefined` is "not given". */
export interface CliOptions {
  readonly model: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly config: string | undefined;
  readonly cache: string | undefined;
  readonly fetchOnly: boolean;
  readonly jsonLog: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/** Reads the arguments after the command's name; throws an EmbedderError USAGE. */
export function parseCli(args: readonly string[]): CliOptions {
  const { values } = readArgs(args);
  const port = values.port ?? '8088';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw usage(`--port takes a number from 0 to 65535, not '${port}'`);
  }
  return {
    model: values.model,
    host: values.host ?? '127.0.0.1',
    port: Number(port),
    config: values.config,
    cache: values.cache,
    fetchOnly: values['fetch-only'] ?? false,
    jsonLog: values['json-log'] ?? false,
    help: values.help ?? false,
    version: values.version ?? false,
  };
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        model: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        config: { type: 'string' },
        cache: { type: 'string' },
        'fetch-only': { type: 'boolean' },
        'json-log': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function usage(message: string): EmbedderError {
  return new EmbedderError('USAGE', message, 'ninelives-embedder --help');
}
