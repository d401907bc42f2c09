import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PLAYS, type Play } from '../systemd/sequences/plays.js';
import type { Recording, Scene } from '../systemd/sequences/recording.js';
import { Processes } from './box/processes.js';
import { Server } from './box/server.js';
import { Stage } from './box/stage.js';
import { Supervisor } from './box/supervisor.js';
import { drawScenario } from './seed/swarm.js';

// What a real systemd was seen to do with the same unit and the same acts (test/systemd/sequences/record.ts).
const FILE = fileURLToPath(new URL('../../../test/systemd/sequences/recorded.json', import.meta.url));
const { systemd, recordings } = JSON.parse(readFileSync(FILE, 'utf8')) as {
  systemd: string;
  recordings: Recording[];
};
/** The recording was made on a machine with other work, by asking again and again. */
const JITTER_MS = 1_300;
/** What passes by faster may or may not be seen by somebody who asks. */
const GLIMPSE_MS = 250;
const LOOK_MS = 10;
const BOOTED_MS = 60_000;

describe(`the simulated supervisor does as ${systemd}`, () => {
  for (const play of PLAYS) {
    test(play.name, () => {
      const recorded = recordings.find(({ name }) => name === play.name);
      assert.ok(recorded, `no recording of "${play.name}": run test/systemd/sequences/record.js`);
      const real = tell(recorded.scenes, play);
      const simulated = tell(perform(play), play);
      const words = (scenes: Scene[]) =>
        scenes.map(({ phase, main, restarts }) => ({ phase, main, restarts }));
      assert.deepEqual(words(simulated), words(real));
      for (const [nth, { atMs, phase }] of real.entries()) {
        const off = Math.abs((simulated[nth]?.atMs ?? 0) - atMs);
        assert.ok(off <= JITTER_MS, `${phase} is ${off} ms off`);
      }
    });
  }
});

/** The same play in virtual time. */
function perform(play: Play): Scene[] {
  const drawn = drawScenario(1, 1);
  const server = {
    ...drawn.server,
    endsMs: 30,
    workers: play.worker === 'none' ? 0 : 1,
    stubbornWorkers: play.worker === 'ignores',
  };
  const stage = new Stage({ ...drawn, faults: [], server, unit: { ...play, revives: true } });
  const processes = new Processes(stage);
  const supervisor = new Supervisor(stage, processes, new Server(stage, processes));
  while (stage.time.step(BOOTED_MS));
  supervisor.start();
  for (const { atMs, does } of play.acts) stage.time.after(atMs, () => act(does, supervisor, processes));
  const scenes: Scene[] = [];
  for (let atMs = 0; atMs <= play.lastsMs; atMs += LOOK_MS) {
    while (stage.time.step(BOOTED_MS + atMs));
    const { phase, life, restarts } = supervisor;
    const last = scenes.at(-1);
    const main = life !== null;
    if (last?.phase !== phase || last.main !== main || last.restarts !== restarts) {
      scenes.push({ atMs, phase, main, restarts, result: '' });
    }
  }
  return scenes;
}

function act(does: Play['acts'][number]['does'], supervisor: Supervisor, processes: Processes): void {
  const main = supervisor.life?.main;
  switch (does) {
    case 'stop':
      return supervisor.stop();
    case 'start':
      return supervisor.start();
    case 'restart':
      return supervisor.restart();
    case 'reset-failed':
      return supervisor.resetFailed();
  }
  assert.ok(main, `${does}, and there is no main process`);
  if (does === 'SIGSTOP') main.state = 'T';
  else if (does === 'SIGKILL') processes.sigkill(main, does);
  else processes.end(main, does.startsWith('exit') ? does.replace('exit', 'exit status') : does);
}

/** The scenes that last. NRestarts goes up with the restart, a moment before or after the phase is seen to change. */
function tell(scenes: Scene[], play: Play): Scene[] {
  const shown = scenes.filter(({ atMs }) => atMs < play.lastsMs);
  const lasting = shown.filter(
    ({ atMs }, nth) => (shown[nth + 1]?.atMs ?? Number.POSITIVE_INFINITY) - atMs >= GLIMPSE_MS,
  );
  const told: Scene[] = [];
  for (const scene of lasting) {
    const last = told.at(-1);
    const same = last?.phase === scene.phase && last.main === scene.main && scene.phase === 'auto-restart';
    if (!same) told.push(scene);
  }
  return told;
}
