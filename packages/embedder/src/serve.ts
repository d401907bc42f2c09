import path from 'node:path';
import type { CliOptions } from './cli.js';
import type { EmbedderConfig } from './config/config.js';
import type { EngineProcess } from './engine/engine-process.js';
import { EXIT } from './errors.js';
import type { Log } from './log.js';
import { readModelReference } from './model/catalogue.js';
import { ensureModel } from './model/ensure.js';
import type { DownloadProgress } from './model/options.js';
import { describeProgress } from './model/progress.js';
import { type RunningServer, startServer } from './server.js';

export interface ServeOptions {
  readonly cli: CliOptions;
  readonly config: EmbedderConfig;
  readonly engine: EngineProcess;
  readonly log: Log;
  readonly cacheDir: string;
  readonly hubUrl: string | undefined;
  readonly hubToken: string | undefined;
  readonly npm: readonly string[];
}

/** Serves until a signal ends it; the promise resolves once the model answers. */
export async function serve(options: ServeOptions): Promise<void> {
  const { config, engine, log, cli } = options;
  let ending = false;
  void engine.exited.then(({ reason }) => {
    if (ending) return;
    // Without its engine the server can only lie; ending with a failure is what makes a supervisor revive the whole.
    log('engine died, ending', { engine: engine.pid, reason });
    process.exit(EXIT.engineDied);
  });
  let progress: DownloadProgress | undefined;
  const reference = readModelReference(config.model);
  const known = reference?.kind === 'known' ? reference.model : undefined;
  const named = reference?.kind === 'folder' ? path.basename(path.resolve(reference.dir)) : config.model;
  const id = known?.id ?? named;
  const server = await startServer({
    config,
    host: cli.host,
    port: cli.port,
    engine,
    model: { id, aliases: known?.aliases ?? [] },
    log,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    progress: () => (progress === undefined ? 'it is being loaded' : describeProgress(progress)),
  });
  const url = `http://${cli.host.includes(':') ? `[${cli.host}]` : cli.host}:${server.port}`;
  log('listening', { url, pid: process.pid, engine: engine.pid });
  onStopSignals(async (signal) => {
    ending = true;
    log('stopping', { signal });
    const { unanswered } = await server.drain(config.limits.drain_ms);
    log('stopped', { unanswered });
    engine.kill();
    process.exit(EXIT.ok);
  });
  await load(server, options, (report) => {
    progress = report;
  });
}

async function load(server: RunningServer, options: ServeOptions, onProgress: (p: DownloadProgress) => void) {
  const { config, log } = options;
  const model = await ensureModel({
    ...options,
    model: config.model,
    revision: config.revision,
    modelFile: config.model_file,
    onProgress,
    onNotice: (notice) => log('model', { notice }),
  });
  await server.load(model);
  log('model loaded, serving', { model: model.id, source: model.source, ms: Math.round(performance.now()) });
}

/** The first signal drains; a second one ends at once, as people expect of Ctrl-C. */
function onStopSignals(stop: (signal: string) => Promise<void>): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(EXIT.ok);
      stopping = true;
      void stop(signal);
    });
  }
}
