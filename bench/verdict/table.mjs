// The result of a run as Markdown.

const seconds = (ms) => (ms === null || ms === undefined ? '–' : (ms / 1000).toFixed(1));

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

export function whereOf(facts) {
  const { node, kernel, cores, cpu, loadBefore, atOnce, minutes, pace } = facts;
  const settings = pace === 'usual' ? 'default settings' : 'shortened patience';
  return (
    `Node ${node}, Linux ${kernel}, ${cores} cores (${cpu}), load ${loadBefore.toFixed(1)} before it began; ` +
    `${atOnce} classes at once, ${minutes.toFixed(0)} minutes, ${settings}.`
  );
}

export function tableOf(results, saturation, facts) {
  const lines = [
    '| class | what it is | must come | limit s | right | said | to kill s | to page s | to serving s | wrong kills |',
    '| --- | --- | --- | --: | --- | --- | --: | --: | --: | --: |',
    ...results.map((result) => rowOf(result, facts.pace)),
  ];
  const right = results.filter(({ complaints }) => complaints.length === 0).length;
  const wrong = results.reduce((sum, result) => sum + (Number(wrongKills(result)) || 0), 0);
  lines.push('', `${right} of ${results.length} classes right, ${wrong} wrong kills.`);
  const complaints = results.flatMap(({ zoo, complaints }) =>
    complaints.map((text) => `- ${zoo.name}: ${text}`),
  );
  if (complaints.length > 0) lines.push('', ...complaints);
  if (saturation !== null) lines.push('', ...saturationLines(saturation, facts));
  return lines.join('\n');
}

/** What `ninelives status` said of each, once it was sure. */
export function sentencesOf(results) {
  const lines = ['## What `ninelives status` says', '', '| class | the sentence |', '| --- | --- |'];
  for (const { zoo, seen } of results) {
    const kind = zoo.verdict.find((name) => seen?.sentences[name] !== undefined);
    const sentence = kind === undefined ? 'serving all the while' : seen.sentences[kind];
    lines.push(`| ${zoo.name} | ${sentence.replaceAll('|', '\\|')} |`);
  }
  return lines.join('\n');
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
    'The real embedder (all-MiniLM-L6-v2):',
    '',
    `- ${capacityPerS.toFixed(1)} requests of 32 texts a second alone; ${offeredPerS.toFixed(0)} requests a second (ten times as ` +
      `much work) were offered for ${facts.saturatedS} s. The clients got ${got.join(', ')}. ` +
      `Kills: ${saturated.kills}. Verdicts: ${saturated.verdicts.join(', ')}.`,
    `- Then its engine was stopped under that load. Kills: ${frozen.kills}, after ${seconds(frozen.killedAtMs)} s; ` +
      `serving after ${seconds(servesAgainAtMs)} s. ${frozen.reasons.map((reason) => `"${reason}"`).join(' ')}`,
  ];
}
