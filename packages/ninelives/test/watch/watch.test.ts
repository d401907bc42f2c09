import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { openStage, until, withRecordOf } from './stage.js';

interface Told {
  type: string;
  data: { id: string; title: string; body: string };
}

const titles = (pages: { [key: string]: unknown }[]) =>
  pages.map((page) => (page as unknown as Told).data.title);

describe('ninelives watch', () => {
  it('says what is broken, once, and when it is over', async () => {
    const stage = await openStage({ lan: true });
    try {
      stage.start();
      await until('the first look', () => stage.output().includes('seen from lan: serving'));
      await stage.edge.off();
      await until('the tunnel', () => stage.pages().length === 1);
      await stage.edge.on();
      await until('its end', () => stage.pages().length === 2);
      await stage.edge.off();
      await stage.box.off();
      await until('the model', () => stage.pages().length === 3);
      await stage.edge.on();
      await until('its end', () => stage.pages().length === 4);
      const told = titles(stage.pages());
      assert.match(told[0] ?? '', /^svc can not be reached: the tunnel is broken$/);
      assert.match(told[1] ?? '', /^svc can be reached again after/);
      // Of the two places that went, one may have been seen without the other.
      assert.match(told[2] ?? '', /^svc (does not do its work|can not be reached: the tunnel is broken)$/);
      assert.match(told[3] ?? '', /^svc can be reached again after/);
    } finally {
      await stage.close();
    }
  });

  it('is blind while nothing answers: no page of a loss, and one with its interval afterwards', async () => {
    const stage = await openStage({ lan: false });
    const { edge, one, two, phone } = stage;
    try {
      stage.start();
      await until('the first look', () => stage.output().includes('seen from lan: serving'));
      const others = [one, two, phone];
      for (const each of others) await each.off();
      await edge.off();
      await until('blindness', () => stateOf(stage.stateDir)?.blindLooks === 5);
      await edge.on();
      for (const each of others) await each.on();
      await until('the notice', () => stage.pages().length > 0);
      assert.match(titles(stage.pages()).join(), /^svc: lan could not see for/);
      await until('a good look', () => stateOf(stage.stateDir)?.verdict.kind === 'serving');
      assert.equal(stage.pages().length, 1);
    } finally {
      await stage.close();
    }
  });

  it('in one pass confirms, tells and leaves; the next pass goes on from the record', async () => {
    const stage = await openStage({ lan: false });
    const pass = async () => (await once(stage.start('--once'), 'exit'))[0];
    try {
      assert.equal(await pass(), 0);
      await stage.edge.off();
      assert.equal(await pass(), 1);
      assert.equal(await pass(), 1);
      assert.equal(stage.pages().length, 1);
      await stage.edge.on();
      assert.equal(await pass(), 0);
      assert.equal(stage.pages().length, 2);
    } finally {
      await stage.close();
    }
  });
});

function stateOf(stateDir: string) {
  const state = withRecordOf(stateDir, (record) => record.load('svc')?.state, undefined);
  return state && 'watch' in state
    ? (state.watch as { blindLooks: number; verdict: { kind: string } })
    : null;
}
