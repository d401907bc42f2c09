// The result of a run as Markdown.

const seconds = (ms) => (ms === null || ms === undefined ? '–' : (ms / 1000).toFixed(1));

import { peerCell } from './peers.mjs';

const MUST = {
  killed: 'one kill',
  spared: 'left alone',
  warned: 'a warning, no kill',
  paged: 'a page, no kill',
  revived: 'no kill, comes back',
  'given-up': '3 kills, then a page',
};

/** Kills beyond those that must come. */
function wrongKills({ zoo, seen }) {
  if (seen === null) return '?';
  const due = { killed: 1, 'given-up': 3 }[zoo.action] ?? 0;
  return Math.max(0, seen.kills - due);
}

export function pageOf({ zoo, peers, saturation }) {
  return [
    ...(zoo
      ? [whereOf(zoo.facts, `${zoo.facts.atOnce} classes at once`), tableOf(zoo), sentencesOf(zoo.value)]
      : []),
    ...(peers ? peerLines(peers) : []),
    ...(saturation ? saturationLines(saturation.value, saturation.facts) : []),
  ].join('\n\n');
}

function whereOf(facts, how) {
  const { at, node, kernel, cores, cpu, loadBefore, minutes, pace } = facts;
  const settings = pace === 'usual' ? 'default settings' : 'shortened patience';
  return (
    `${at}Z. Node ${node}, Linux ${kernel}, ${cores} cores (${cpu}), load ${loadBefore.toFixed(1)} before it began; ` +
    `${how}, ${minutes.toFixed(0)} minutes, ${settings}.`
  );
}

function tableOf({ facts, value }) {
  const lines = [
    '| class | what it is | must come | limit s | right | said | to kill s | to page s | to serving s | wrong kills |',
    '| --- | --- | --- | --: | --- | --- | --: | --: | --: | --: |',
    ...value.map((result) => rowOf(result, facts.pace)),
  ];
  const right = value.filter(({ complaints }) => complaints.length === 0).length;
  const wrong = value.reduce((sum, result) => sum + (Number(wrongKills(result)) || 0), 0);
  lines.push('', `${right} of ${value.length} classes right, ${wrong} wrong kills.`);
  const complaints = value.flatMap(({ zoo, complaints }) =>
    complaints.map((text) => `- ${zoo.name}: ${text}`),
  );
  if (complaints.length > 0) lines.push('', ...complaints);
  const again = value.filter((row) => row.again).map(({ zoo, again }) => `${zoo.name} (${again}Z)`);
  if (again.length > 0) lines.push('', `Measured again: ${again.join(', ')}.`);
  return lines.join('\n');
}

/** What `ninelives status` said of each, once it was sure. */
function sentencesOf(results) {
  const lines = ['## What `ninelives status` says', '', '| class | the sentence |', '| --- | --- |'];
  for (const { zoo, seen } of results) {
    const kind = zoo.verdict.find((name) => seen?.sentences[name] !== undefined);
    const sentence = kind === undefined ? 'serving all the while' : seen.sentences[kind];
    lines.push(`| ${zoo.name} | ${sentence.replaceAll('|', '\\|')} |`);
  }
  return lines.join('\n');
}

/** The same classes under the others: seconds from the fault to serving again, or what they did instead. */
function peerLines({ facts, value, about }) {
  const names = about.map(({ name }) => name);
  const classes = [...new Set(value.map(({ zoo }) => zoo.name))];
  const cellOf = (name, peer) => value.find((cell) => cell.zoo.name === name && cell.peer === peer);
  const rows = classes.map((name) => {
    const cells = names.map((peer) => cellOf(name, peer));
    const must = MUST[cells[0]?.zoo.action];
    return `| ${name} | ${must} | ${cells.map((cell) => (cell ? peerCell(cell.zoo, cell).text : '–')).join(' | ')} |`;
  });
  const sum = (of) =>
    names.map((peer) =>
      value
        .filter((cell) => cell.peer === peer)
        .reduce((total, cell) => total + of(peerCell(cell.zoo, cell)), 0),
    );
  const right = sum((cell) => Number(cell.right));
  const wrong = sum((cell) => cell.wrong);
  return [
    '## The same servers under other healers',
    `${whereOf(facts, `${facts.peersAtOnce} cells at once`)} Each cell once; the fault falls at a random moment of the healer's period.`,
    about.map(({ name, about }) => `- ${name}: ${about}`).join('\n'),
    'Seconds from the fault to our own right answer from a new process; **never**: not within 60 s; W: kills of a server that no kill could help, or that had no fault. None of them pages anybody.',
    [
      `| class | must come | ${names.join(' | ')} |`,
      `| --- | --- | ${names.map(() => '--:').join(' | ')} |`,
      ...rows,
      `| right, of ${classes.length} | | ${right.join(' | ')} |`,
      `| wrong kills | | ${wrong.join(' | ')} |`,
    ].join('\n'),
  ];
}

function rowOf(result, pace) {
  const { zoo, seen, complaints } = result;
  const cells = [
    zoo.name,
    zoo.what,
    MUST[zoo.action],
    zoo[pace].limitMs / 1000,
    complaints.length === 0 ? 'yes' : '**no**',
    saidOf(zoo, seen),
    seconds(seen?.killedAtMs),
    seconds(seen?.pagedAtMs),
    seconds(seen?.servingAtMs),
    wrongKills(result),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The verdict that counts, with the one before it where patience was asked for. */
function saidOf(zoo, seen) {
  if (seen === null) return '–';
  const counted = [zoo.meanwhile, ...zoo.verdict].filter((kind) => seen.verdicts.includes(kind));
  return counted.length > 0 ? counted.join(', ') : seen.verdicts.join(', ') || 'serving';
}

function saturationLines({ capacityPerS, offeredPerS, tally, saturated, frozen, servesAgainAtMs }, facts) {
  const got = Object.entries(tally).map(
    ([status, count]) => `${count} × ${status === 'none' ? 'no answer' : status}`,
  );
  return [
    '## The real embedder, ten times its capacity offered',
    whereOf(facts, 'alone'),
    `- ${capacityPerS.toFixed(1)} requests of 32 texts a second alone; ${offeredPerS.toFixed(0)} requests a second (ten times as ` +
      `much work) were offered for ${facts.saturatedS} s. The clients got ${got.join(', ')}. ` +
      `Kills: ${saturated.kills}. Verdicts: ${saturated.verdicts.join(', ')}.\n` +
      `- Then its engine was stopped under that load. Kills: ${frozen.kills}, after ${seconds(frozen.killedAtMs)} s; ` +
      `serving after ${seconds(servesAgainAtMs)} s. ${frozen.reasons.map((reason) => `"${reason}"`).join(' ')}`,
  ];
}
