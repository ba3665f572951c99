import type { Command, Option } from 'commander';
import { type ExitCodeRow, exitCodeTable } from '../../base/exit-codes.js';

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
    ...Object.values<ExitCodeRow>(exitCodeTable).map(
      ({ code, says, more }) => `| ${code} | ${says}${more === undefined ? '' : `; ${more}`} |`,
    ),
    '',
    ...program.commands.flatMap((command) => commandLines(command, program.name())),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

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
  for (const argument of command.registeredArguments)
    lines.push(`- \`${argument.name()}\`: ${inCell(argument.description)}`, '');
  const headings = new Set(command.options.map(({ helpGroupHeading }) => helpGroupHeading));
  for (const heading of headings) {
    const options = command.options.filter((option) => !option.hidden && option.helpGroupHeading === heading);
    if (heading !== undefined) lines.push(`### ${heading.replace(/:$/, '')}`, '');
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
