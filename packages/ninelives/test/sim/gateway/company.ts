import assert from 'node:assert/strict';

/**
 * The world's own account of who was on the way at each death. It counts a death as somebody's alone whenever nobody
 * else was on the way, on purpose or by chance: never less often than the hold may, so that a conviction with fewer
 * than it takes is one in company.
 */
export class Company {
  private readonly onTheWay = new Map<number, string>();
  /** Left in this life of the server while their copies were on the way. */
  private readonly leavers = new Set<string>();
  private readonly alone = new Map<string, number>();

  constructor(private readonly deathsAlone: number) {}

  sent(id: number, text: string): void {
    this.onTheWay.set(id, text);
  }

  gone(id: number): void {
    this.onTheWay.delete(id);
  }

  left(id: number, text: string): void {
    if (this.onTheWay.delete(id)) this.leavers.add(text);
  }

  /** @param except it found nobody there: it is news of a death, not a witness of it */
  death(except: number | null): void {
    const present = [...this.onTheWay].filter(([id]) => id !== except).map(([, text]) => text);
    const [first] = present;
    const whose = first === undefined ? [...this.leavers] : new Set(present).size === 1 ? [first] : [];
    for (const text of whose) this.alone.set(text, (this.alone.get(text) ?? 0) + 1);
    this.leavers.clear();
  }

  convicted(text: string): void {
    const deaths = this.alone.get(text) ?? 0;
    assert.ok(deaths >= this.deathsAlone, `${text} was convicted after ${deaths} deaths alone`);
  }
}
