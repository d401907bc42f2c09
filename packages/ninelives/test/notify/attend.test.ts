import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR, MINUTE, POLICY, World } from './paging-world.js';

describe('who is told, and when', () => {
  it('the second in line after its wait, with the end of it', () => {
    const world = new World();
    world.lose();
    world.pass(14 * MINUTE);
    assert.deepEqual(world.sent, ['phone i1/opened']);
    world.pass(2 * MINUTE);
    world.recover();
    world.pass(MINUTE);
    assert.deepEqual(world.sent.slice(1).sort(), [
      'boss i1/resolved',
      'boss i1/unanswered/boss',
      'phone i1/resolved',
    ]);
  });

  it('the end goes to the second in line who was told right before we died', () => {
    const world = new World();
    world.lose();
    world.pass(14 * MINUTE);
    world.dying = 1;
    world.pass(MINUTE);
    assert.deepEqual([world.deaths, world.sent.at(-1)], [1, 'boss i1/unanswered/boss']);
    world.recover();
    world.pass(MINUTE);
    assert.deepEqual(
      world.sent.filter((id) => id.startsWith('boss')),
      ['boss i1/unanswered/boss', 'boss i1/unanswered/boss', 'boss i1/resolved'],
    );
  });

  it('nobody else, once somebody is on it', () => {
    const world = new World();
    world.lose();
    world.pass(10 * MINUTE);
    world.acknowledge();
    world.pass(5 * HOUR);
    assert.deepEqual(world.sent, ['phone i1/opened', 'phone i1/acknowledged/jc']);
  });

  it('reminds whoever was told, and does not make up for a night without a daemon', () => {
    const world = new World();
    world.lose();
    world.pass(MINUTE);
    world.now += 5 * HOUR;
    world.pass(MINUTE);
    const reminders = world.sent.filter((id) => id.includes('reminder'));
    assert.deepEqual(reminders, ['phone i1/reminder/5', 'boss i1/reminder/5']);
  });

  it('reminds of nobody who is reminded of elsewhere', () => {
    const world = new World({ ...POLICY, reminds: (service) => service !== 'svc' });
    world.lose();
    world.pass(3 * HOUR);
    assert.deepEqual(world.sent, ['phone i1/opened', 'boss i1/unanswered/boss']);
  });

  it('pause stops both', () => {
    const world = new World();
    world.lose();
    world.pass(MINUTE);
    world.paused.add('svc');
    world.pass(5 * HOUR);
    assert.deepEqual(world.sent, ['phone i1/opened']);
  });

  it('the fallback, when a way is stuck, and only then', () => {
    const world = new World();
    world.takes.phone = false;
    world.lose();
    world.pass(MINUTE);
    assert.deepEqual(world.sent, []);
    world.pass(2 * MINUTE);
    assert.deepEqual(world.sent, ['mail i1/opened']);
    world.takes.phone = true;
    world.recover();
    world.pass(5 * MINUTE);
    assert.deepEqual(world.sent.slice(1).sort(), [
      'mail i1/resolved',
      'phone i1/opened',
      'phone i1/resolved',
    ]);
  });

  it('no loss after its end, by way of a fallback', () => {
    const world = new World();
    world.takes.phone = false;
    world.lose();
    world.pass(5 * MINUTE);
    world.write('escalated');
    world.pass(MINUTE);
    world.recover();
    world.pass(10 * MINUTE);
    assert.deepEqual(world.sent, ['mail i1/opened', 'mail i1/resolved']);
  });

  it('what a way gave up: its fallback, and a notice on another way, once a day', () => {
    const world = new World({
      ...POLICY,
      routes: { ...POLICY.routes, sms: { afterMs: null, fallback: [] } },
    });
    world.lose();
    world.pass(0);
    const [row] = world.rows;
    Object.assign(row ?? {}, { acceptedWallMs: null, gaveUpWallMs: world.now, lastError: 'phone: HTTP 401' });
    world.pass(MINUTE);
    const notice = world.rows.filter(({ page }) => page.section === 'undelivered');
    assert.deepEqual(
      notice.map(({ notifier, page }) => [notifier, page.title]),
      [
        ['boss', 'svc: phone does not take its pages'],
        ['mail', 'svc: phone does not take its pages'],
      ],
    );
    assert.match(notice[0]?.page.body ?? '', /Why: {2}phone: HTTP 401\nNow: {2}.*notify --test phone/);
    assert.ok(world.sent.includes('mail i1/opened'));
  });
});

describe('what is not told', () => {
  const nightly = { services: null, fromMin: 23 * 60, toMin: 60, days: [3], zone: 'Europe/Berlin' };

  it('a loss that begins and ends within a maintenance window; one that outlasts it is told then', () => {
    const world = new World({ ...POLICY, maintenance: [nightly] });
    world.now = Date.UTC(2026, 10, 25, 22, 30); // a Wednesday, 23:30 in Berlin
    world.lose();
    world.pass(10 * MINUTE);
    world.recover();
    world.pass(10 * MINUTE);
    assert.deepEqual(world.withheld, ['phone svc/i1/opened', 'phone svc/i1/resolved']);
    world.lose();
    world.pass(69 * MINUTE);
    assert.deepEqual(world.sent, []);
    world.pass(2 * MINUTE);
    assert.deepEqual(world.sent, ['phone i2/opened']);
  });

  it('single losses of a spell: one page when it begins, one when it is over', () => {
    const world = new World();
    for (let loss = 0; loss < 8; loss += 1) {
      world.lose();
      world.pass(2 * MINUTE);
      world.recover();
      world.pass(8 * MINUTE);
    }
    world.pass(40 * MINUTE);
    assert.deepEqual(world.sent, [
      'phone i1/opened',
      'phone i1/resolved',
      'phone i2/opened',
      'phone i2/resolved',
      'phone i3/flapping',
      'phone i3/flapping-over',
    ]);
    assert.match(world.rows.at(-1)?.page.title ?? '', /calm again after 8 losses/);
  });

  it('but one of a spell that stays is told, with its end', () => {
    const world = new World();
    for (let loss = 0; loss < 3; loss += 1) {
      world.pass(5 * MINUTE);
      world.lose();
      world.pass(MINUTE);
      world.recover();
    }
    world.pass(5 * MINUTE);
    world.lose();
    world.pass(16 * MINUTE);
    world.recover();
    world.pass(MINUTE);
    const last = world.sent.filter((id) => id.startsWith('phone i4'));
    assert.deepEqual(last, ['phone i4/opened', 'phone i4/resolved']);
  });
});
