import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseUnit } from '../../../src/host/systemd/unit.js';
import { type Box, bootBox } from '../harness/box.js';
import { type Act, PLAYS, type Play } from './plays.js';
import type { Recording, Scene } from './recording.js';

/**
 * Plays every play to a real systemd and writes down what `systemctl show` said meanwhile:
 * `node packages/ninelives/dist/test/systemd/sequences/record.js`, as root where the systemd tests can run. The
 * result is committed; the simulated supervisor must tell the same story (test/sim/supervisor.test.ts).
 */
const TARGET = fileURLToPath(new URL('../../../../test/systemd/sequences/recorded.json', import.meta.url));
const AT_ONCE = 4;
const ASKED = 'ActiveState,SubState,MainPID,NRestarts,Result';

const box = await bootBox();
try {
  const version = (await box.asRoot(['systemctl', '--version'])).stdout.split('\n')[0] ?? '';
  const recordings: Recording[] = [];
  for (let at = 0; at < PLAYS.length; at += AT_ONCE) {
    const some = PLAYS.slice(at, at + AT_ONCE);
    recordings.push(...(await Promise.all(some.map((play, nth) => record(box, play, at + nth)))));
  }
  const rows = recordings.map((recording) => `    ${JSON.stringify(recording)}`).join(',\n');
  writeFileSync(TARGET, `{\n  "systemd": ${JSON.stringify(version)},\n  "recordings": [\n${rows}\n  ]\n}\n`);
  console.log(`${recordings.length} recordings of ${version}`);
} finally {
  box.down();
}

async function record(into: Box, play: Play, nth: number): Promise<Recording> {
  const unit = `play-${nth}.service`;
  into.write(`/etc/systemd/system/${unit}`, unitText(play, nth));
  into.write(`/usr/local/play-${nth}.pl`, programOf(play));
  // Referred to, or a unit that stops is forgotten and its counters with it.
  into.write(`/etc/systemd/system/holds-${nth}.target`, `[Unit]\nWants=${unit}\n`);
  into.write(`/usr/local/play-${nth}.sh`, scriptOf(play, unit, nth));
  const { code, stdout, stderr } = await into.asRoot(['/bin/sh', `/usr/local/play-${nth}.sh`]);
  if (code !== 0) throw new Error(`${play.name}: ${stderr}\n${stdout.slice(-300)}`);
  return { name: play.name, scenes: scenesOf(stdout) };
}

function unitText(play: Play, nth: number): string {
  return [
    '[Unit]',
    `StartLimitBurst=${play.burst}`,
    `StartLimitIntervalSec=${play.burst === 0 ? 0 : play.intervalMs / 1000}`,
    '[Service]',
    `Restart=${play.restart}`,
    `KillMode=${play.killMode}`,
    `RestartSec=${play.restartMs}ms`,
    `TimeoutStopSec=${play.stopTimeoutMs}ms`,
    `ExecStart=/usr/bin/perl /usr/local/play-${nth}.pl`,
    '',
  ].join('\n');
}

/** A main process that ends as it is told to, and perhaps a worker. */
function programOf({ worker }: Play): string {
  const takes = worker === 'ignores' ? 'IGNORE' : 'DEFAULT';
  return [
    worker === 'none' ? '' : `if (!fork) { $SIG{TERM} = "${takes}"; sleep 1000 while 1 }`,
    '$SIG{USR1} = sub { exit 0 };',
    '$SIG{USR2} = sub { exit 1 };',
    'sleep 1000 while 1;',
    '',
  ].join('\n');
}

/** Asks as fast as it can, in the background, while the acts are done at their times. */
function scriptOf(play: Play, unit: string, nth: number): string {
  const command = (does: Act['does']): string => {
    if (does.startsWith('SIG')) return `signal -${does.slice(3)}`;
    if (does === 'exit 0') return 'signal -USR1';
    if (does === 'exit 1') return 'signal -USR2';
    return `systemctl ${does} ${unit} --no-block 2>/dev/null || systemctl ${does} ${unit} || true`;
  };
  const until = (ms: number) => `while [ $(($(date +%s%3N) - began)) -lt ${ms} ]; do sleep 0.01; done`;
  return [
    // MainPID is 0 between two lives, and `kill -STOP 0` would stop ourselves.
    `signal() { pid=$(systemctl show -p MainPID --value ${unit}); if [ $pid -gt 1 ]; then kill $1 $pid; else echo "$1: no main process" >&2; exit 1; fi; }`,
    `set -e; systemctl daemon-reload; systemctl start holds-${nth}.target`,
    `until [ $(systemctl show -p MainPID --value ${unit}) -gt 1 ]; do sleep 0.01; done`,
    'began=$(date +%s%3N)',
    `(while :; do echo "@ $(($(date +%s%3N) - began))"; systemctl show ${unit} -p ${ASKED}; done) & poller=$!; trap "kill $poller" EXIT`,
    ...play.acts.flatMap(({ atMs, does }) => [until(atMs), command(does)]),
    until(play.lastsMs),
    'kill $poller; wait $poller 2>/dev/null || true; trap - EXIT',
    `systemctl stop ${unit} --no-block; systemctl kill --signal=SIGKILL ${unit} 2>/dev/null || true`,
  ].join('\n');
}

/** Each state that was seen, with the time at which it was first seen. */
function scenesOf(text: string): Scene[] {
  const scenes: Scene[] = [];
  for (const block of text.split(/^@ /m).slice(1)) {
    const { now } = parseUnit(block.slice(block.indexOf('\n') + 1));
    const scene = {
      atMs: Number.parseInt(block, 10),
      phase: now.phase,
      main: now.mainPid > 1,
      restarts: now.restarts,
      result: now.result,
    };
    const last = scenes.at(-1);
    const same =
      last && last.phase === scene.phase && last.main === scene.main && last.restarts === scene.restarts;
    if (!same) scenes.push(scene);
  }
  return scenes;
}
