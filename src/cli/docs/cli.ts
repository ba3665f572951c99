import type { Command, Option } from 'commander';

/** docs/cli.md: every command with its options, from the same objects that parse the command line. */
export function cliMarkdown(program: Command): string {
  const parts = [
    '# Command line',
    'Generated from the option tables of the program (`node scripts/docs/cli.mjs`); a test fails when it is stale.',
    'Times take units (`500us`, `30ms`, `10s`, `2m`), sizes too (`256`, `64KB`, `1MiB`). A bare number means what it means',
    'in emqtt-bench, whose names and letters these are where it has them.',
    '',
    '## Exit codes',
    '| code | meaning |',
    '|---|---|',
    ...exitCodes.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    '',
    ...program.commands.flatMap((command) => commandLines(command, program.name())),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

const exitCodes: readonly [number, string][] = [
  [0, 'fine'],
  [1, 'internal error: a defect in mqbench'],
  [2, 'bad usage or a bad scenario file; also a host that can be none (`-h "a b"`)'],
  [3, 'this machine cannot; the message says what would make it'],
  [4, 'the run failed; also when the name of the broker is not known, or nobody answers there'],
  [5, 'interrupted; what was finished is kept'],
  [10, 'an expectation was missed'],
  [11, 'a regression was found'],
  [
    12,
    'inconclusive, with `--require-power`: no regression was found, but these repeats could not have shown one everywhere',
  ],
];

function commandLines(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`;
  const usage = [name, ...command.registeredArguments.map((a) => (a.required ? `<${a.name()}>` : `[${a.name()}]`))];
  const lines = [
    `## ${name}`,
    '',
    sentence(command.description()),
    '',
    '```',
    `${usage.join(' ')} [options]`,
    '```',
    '',
  ];
  for (const argument of command.registeredArguments) {
    lines.push(`- \`${argument.name()}\`: ${inCell(argument.description)}`, '');
  }
  const groups = new Map<string, Option[]>();
  for (const option of command.options) {
    if (option.hidden) continue;
    const group = option.helpGroupHeading ?? 'Options:';
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  for (const [group, options] of groups) {
    const heading = group.replace(/:$/, '');
    if (heading !== 'Options') lines.push(`### ${heading}`, '');
    lines.push('| option | meaning | default |', '|---|---|---|', ...options.map(optionRow), '');
  }
  return [...lines, ...command.commands.flatMap((child) => commandLines(child, name))];
}

function optionRow(option: Option): string {
  const { defaultValue, defaultValueDescription } = option;
  const shown = defaultValueDescription ?? (defaultValue === undefined ? '' : String(defaultValue));
  const isFlag = !option.required && !option.optional;
  return `| \`${option.flags}\` | ${inCell(option.description)} | ${isFlag ? '' : inCell(shown)} |`;
}

function inCell(text: string): string {
  return text.replace(/\|/g, '\\|').replace(/</g, '&lt;').replace(/\n/g, ' ');
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
