import { type PeerWord, peerWords } from '../peers/words.js';

/** A command line of another tool, and what mqbench makes of it. */
export interface PeerLine {
  readonly of: 'emqtt-bench' | 'MQTTX';
  readonly line: string;
  /** The same in our words. */
  readonly means?: string;
  /** A part of what is said beside. */
  readonly note?: string;
  /** A part of what is said instead of running it. */
  readonly refused?: string;
}

const opening = [
  '# Coming from emqtt-bench or MQTTX',
  '',
  'Generated from the words that the program translates and the lines that a test tries (`node scripts/docs/coming-from.mjs`).',
  '',
  'Leave the name of the program and type the rest: `emqtt_bench pub …` is `mqbench pub …`, `mqttx bench pub …` is',
  '`mqbench bench pub …` or without `bench`. Letters and names are those of emqtt-bench where it has them, and a line means',
  'what it means there, or is refused with what to type instead; nothing is silently something else. Flags take',
  '`true` and `false` as emqtt-bench’s do.',
  '',
  '## What differs without being typed',
  '',
  '| | mqbench | emqtt-bench | MQTTX |',
  '|---|---|---|---|',
  '| MQTT version | 3.1.1 (`-V 5` for 5) | 5 | 5 |',
  '| clients | 200 | 200 | 1000 |',
  '| keepalive | 300 s | 300 s | 30 s |',
  '| after a cut | clients stay away; `--reconnect 10` | stay away | come back up to 10 times |',
  '| certificate of the broker | verified; `--cacertfile FILE`, or `--insecure` | not verified | verified |',
  '| `%i` | counts from 0, or from `-n`: `-n 1` here meets `bench/%i` there | counts from 1 | counts from 1 |',
  '| `-L` | messages of the whole command | likewise | likewise |',
  '| end | Ctrl-C, `--duration` or `-L`; always with a summary, exit codes and percentiles | Ctrl-C | Ctrl-C |',
];

/** docs/coming-from.md. */
export function comingFromMarkdown(lines: readonly PeerLine[]): string {
  const parts = (['emqtt-bench', 'MQTTX'] as const).flatMap((tool) => [
    '',
    `## ${tool}: words that are not ours`,
    '',
    '| there | here | |',
    '|---|---|---|',
    ...peerWords.filter(({ of }) => of === tool).map(wordRow),
    '',
    `## ${tool}: command lines`,
    '',
    '| line | what mqbench does |',
    '|---|---|',
    ...lines.filter(({ of }) => of === tool).map(lineRow),
  ]);
  return `${[...opening, ...parts].join('\n')}\n`;
}

function wordRow({ names, shown, note, refused, ours, only, before }: PeerWord): string {
  const here = refused !== undefined ? 'refused' : ours === undefined ? 'changes nothing' : code(shown ?? '');
  const where = only === undefined ? '' : `(${only.join(', ')}) `;
  return `| ${names.map((name) => code(before?.source === '^0$' ? `${name} 0` : name)).join(', ')} | ${here} | ${cell(`${where}${refused ?? note ?? ''}`)} |`;
}

function lineRow({ line, means, note, refused }: PeerLine): string {
  if (refused !== undefined) return `| ${code(line)} | refused: ${cell(refused)} |`;
  const same = means === line ? 'the same' : code(means ?? '');
  return `| ${code(line)} | ${same}${note === undefined ? '' : `, with a note (“${cell(note)}”)`} |`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').trim();
const code = (text: string): string => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``);
