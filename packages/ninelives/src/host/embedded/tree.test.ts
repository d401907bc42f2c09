import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Stat } from '../procfs/parse.js';
import { leaderOf, leftoversOf, treeOf } from './tree.js';

/** A process: its start ticks are ten times its pid, so that a reused pid can be told. */
function proc(pid: number, ppid: number, session = 100, state = 'S'): Stat {
  const rest = { comm: 'x', pgrp: session, utimeTicks: 0, stimeTicks: 0, threads: 1, rssPages: 0 };
  return { pid, ppid, session, state, startTicks: pid * 10, ...rest };
}

const id = (pid: number) => ({ pid, startTicks: pid * 10 });
const pids = (stats: Stat[]) => stats.map((stat) => stat.pid);

// 50 is the daemon, child of the shell 40; 100 is main with the worker 101; 60 is a stranger.
const WORLD = [proc(40, 1, 40), proc(50, 40, 40), proc(60, 1, 60), proc(101, 100), proc(100, 50)];
const untouchable = new Set([1, 40, 50]);
const sighting = (stats: Stat[], carried: [number, string][] = []) => ({
  stats,
  carried: new Map(carried),
  untouchable,
});

describe('the tree of an incarnation', () => {
  it('is main, first, and what descends from it', () => {
    assert.deepEqual(pids(treeOf(sighting(WORLD), 'a', id(100), [])), [100, 101]);
  });

  it('has in it who carries the id, wherever it hangs, and what descends from that', () => {
    const world = [...WORLD, proc(200, 1, 200), proc(201, 200, 200)];
    assert.deepEqual(pids(treeOf(sighting(world, [[200, 'a']]), 'a', id(100), [])), [100, 101, 200, 201]);
    assert.deepEqual(pids(treeOf(sighting(world, [[200, 'b']]), 'a', id(100), [])), [100, 101]);
  });

  it('goes by the session only while main is verified alive', () => {
    const world = [...WORLD, proc(300, 1, 100)];
    assert.deepEqual(pids(treeOf(sighting(world), 'a', id(100), [])), [100, 101, 300]);
    assert.deepEqual(pids(treeOf(sighting(world), 'a', { pid: 100, startTicks: 999 }, [])), []);
    const zombie = world.map((stat) => (stat.pid === 100 ? { ...stat, state: 'Z' } : stat));
    assert.deepEqual(pids(treeOf(sighting(zombie), 'a', id(100), [])), []);
  });

  it('keeps who was seen in it, by pid and start', () => {
    const world = [...WORLD, proc(400, 1, 400)];
    assert.deepEqual(pids(treeOf(sighting(world), 'a', id(100), [id(400)])), [100, 101, 400]);
    const reused = { pid: 400, startTicks: 1 };
    assert.deepEqual(pids(treeOf(sighting(world), 'a', id(100), [reused])), [100, 101]);
  });

  it('never has the daemon, what is above it, or other children of it, even when they carry the id', () => {
    const world = [...WORLD, proc(500, 50, 40)];
    const carried: [number, string][] = [
      [40, 'a'],
      [50, 'a'],
    ];
    assert.deepEqual(pids(treeOf(sighting(world, carried), 'a', id(100), [])), [100, 101]);
    assert.deepEqual(pids(leftoversOf(sighting(world, carried), ['a'], null, [])), []);
  });
});

describe('leftovers', () => {
  const world = [...WORLD, proc(600, 1, 90), proc(601, 600, 90, 'Z'), proc(602, 1, 90)];
  const carried: [number, string][] = [
    [100, 'b'],
    [600, 'a'],
    [602, 'foreign'],
  ];
  const running = { incarnation: 'b', tree: [proc(100, 50), proc(101, 100)] };

  it('are the living of earlier incarnations, without zombies and strangers', () => {
    assert.deepEqual(pids(leftoversOf(sighting(world, carried), ['a', 'b'], running, [])), [600]);
  });

  it('are all of ours when nothing runs', () => {
    assert.deepEqual(pids(leftoversOf(sighting(world, carried), ['a', 'b'], null, [])), [101, 100, 600]);
  });

  it('never include the running tree, whatever it carries', () => {
    const odd: [number, string][] = [
      [100, 'b'],
      [101, 'a'],
    ];
    assert.deepEqual(pids(leftoversOf(sighting(world, odd), ['a', 'b'], running, [])), []);
  });
});

describe('a main process whose pid was not written down', () => {
  it('is the session leader that carries the id', () => {
    const carried: [number, string][] = [
      [101, 'a'],
      [100, 'a'],
      [60, 'b'],
    ];
    assert.deepEqual(leaderOf(sighting(WORLD, carried), 'a'), id(100));
    assert.equal(leaderOf(sighting(WORLD, [[101, 'a']]), 'a'), null);
    assert.equal(leaderOf(sighting(WORLD, [[40, 'a']]), 'a'), null);
  });
});
