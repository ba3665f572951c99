import { tmpdir } from 'node:os';
import { arch, cwd, execPath, platform } from 'node:process';

/** What differs from run to run or from machine to machine, and the word that stands for it. */
const varying: readonly (readonly [differs: RegExp, word: string])[] = [
  [new RegExp(`${literal(tmpdir())}/mqbench-[a-z-]+-\\w{6}\\b(/case-\\w{6}\\b)?`, 'g'), 'FOLDER'],
  [new RegExp(literal(cwd()), 'g'), 'CHECKOUT'],
  [new RegExp(literal(execPath), 'g'), 'NODE'],
  [new RegExp(`\\b${platform}-${arch}\\b`, 'g'), 'PLATFORM'],
  // Ports that the system has chosen.
  [/(?<=\d|localhost|\]):(3[2-9]|[45]\d|6[0-5])\d{3}\b/g, ':PORT'],
  // Four characters of each run's own, behind the command's name.
  [/\bmqbench-(conn|pub|sub|pubsub)-[a-z0-9]{4}-/g, 'mqbench-$1-RUN-'],
  [/\b\d{4}-\d\d-\d\dT\d\d[-:]\d\d[-:]\d\d/g, 'DATE'],
  [/\([0-9a-f]{10}\)/g, '(COMMIT)'],
  // The list grows with the documentation.
  [/(?<=pages of "mqbench help": ).*/g, 'PAGES'],
  [/(?<=CONNACK after )[\d.]+ ms/g, 'TIME'],
  // Measured, in the summary of a load.
  [/(?<=\bachieved )[\d.,]+\/s/g, 'RATE'],
  [/(?<=^Received {3}[\d,]+), [\d.,]+\/s/gm, ', RATE'],
  [/[\d.]+ m?s (?=after connecting began)/g, 'TIME '],
  // As many processes as the machine has processors for.
  [/(?<=^Generator {2}).*/gm, 'PROCESSES'],
  [/(?<=, from )\d+ process(es)?(?=\.$)/gm, 'PROCESSES'],
  // What is doubted of an expectation, also where the line is broken.
  [/;\s+doubted:.*(\n {6}.*)*/g, ''],
  [/(?<=^Expected .*: )[\d.]+ m?s(?=, asked)/gm, 'TIME'],
  // Doubts tell what the machine did meanwhile; tests of doubts look into the result.
  [/^Doubt \?\d+ .*\n( {11}→ .*\n)?/gm, ''],
  [/(?<=^\S.*) \?\d+(,\d+)*$/gm, ''],
  [/^((\?\d+ |Doubts about numbers not shown here: ).*\n)+\n/gm, ''],
  [/^Before you believe it\n( .*\n)+\n?/gm, ''],
  // Of a run: the machine, and what was measured.
  [/(?<=\n\n.+\n)(.+\n)+(?=\nNetwork )/g, 'MACHINE\n'],
  // What the headline says of times and costs; which arm comes first in it depends on them.
  [/^(On .* clients were connected|Longest silence|\S+ against) (?! ).*\n( {2}.*\n)*/gm, ''],
  // Of a comparison of builds.
  [/[\d.]+ m?s → +[\d.]+ m?s .* %(?= {2}p )/g, 'CHANGE'],
  [/(?<=^round \d+ of .*); about .* to go$/gm, ''],
  // Progress: what of a line does not depend on how far it is.
  [/^ +[\d,]+ s · .*\n/gm, ''],
  [/(?<=^\[\d+\/\d+\] \S+ · [^·\n]+?) · .*/gm, ''],
  [/(?<=^ {2}\S+: (done in|interrupted after|failed after) )[^:\n]*/gm, 'TIME'],
];

/** The rows of the table of a run, the first with its arms. */
const table = /^Network .*\n( .+\n)+/gm;
/** The header, and rows that end with a count. */
const latencies = /^Latency .*((?:\n {2}[A-Z].* {2}[\d,]+(?=\n|$))+)/m;

/**
 * Printed text as it is on every machine and in every run, so that the whole of it can be compared: the only place where
 * something is left out of what a test sees.
 */
export function steady(text: string): string {
  const plain = varying.reduce((sofar, [differs, word]) => sofar.replace(differs, word), `${text}\n`).trimEnd();
  const named = plain.replace(table, (rows) => rows.split('\n').map(nameOf).join('\n'));
  return named.replace(latencies, (_, rows: string) => `Latency${rows.split('\n').map(samplesOf).join('\n')}`);
}

/** Of the first row the arms, of the others what stands before the values. */
function nameOf(row: string): string {
  return row.startsWith('Network ')
    ? row.replace(/ \?[\d,]+/g, '').replace(/ {2,}/g, '  ')
    : row.replace(/^( *\S.*?) {2,}.*$/, '$1');
}

/** Of a row of latencies: what was measured, how often, and whether the longest of it were not over at the end. */
function samplesOf(row: string): string {
  const [, label, times = '', samples] = /^ {2}(\S.*?) {2,}(.*) {2,}([\d,]+)$/.exec(row) ?? [];
  return label === undefined ? row : `${label}: ${samples}${times.includes('>=') ? ', some not over' : ''}`;
}

/** All that a command line left on the screen, and its exit code. */
export function whole(outcome: { code: number | null; stdout: string; stderr: string }): string {
  const { code, stdout, stderr } = outcome;
  const parts = [`exit code ${code}`];
  if (stdout !== '') parts.push('standard output:', steady(stdout));
  if (stderr !== '') parts.push('standard error:', steady(stderr));
  return parts.join('\n');
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
