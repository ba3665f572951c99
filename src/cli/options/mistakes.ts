import type { Command } from 'commander';

/** What a command line of each command that cannot do without words behind it may look like. */
const examples: Readonly<Record<string, string>> = {
  probe: 'mqbench probe mqtt://broker',
  agent: 'mqbench agent --join nats://10.0.0.1:4222',
  agents: 'mqbench agents --agents nats://10.0.0.1:4222',
  gateway: 'mqbench gateway --to mqtt://127.0.0.1:1883 --listen quic://:14567',
  compare: 'mqbench compare results/before results/after',
  ab: 'mqbench ab --base main demo --quick',
  report: 'mqbench report results/before results/after --out both',
  'agents-keys': 'mqbench agents-keys keys --agents 3 --host load.example',
  completion: 'mqbench completion bash',
  'lab exec': 'mqbench lab exec client -- ping -c 3 198.18.0.1',
  'lab event': 'mqbench lab event rebind',
  'lab measure': 'mqbench lab measure "delay 15ms 3ms loss 1%"',
};

/**
 * A mistake told as everything else is: what is wrong, and what to type instead.
 * @param path the names of the command and those above it @param text commander's: `error: missing required argument 'path'`
 */
export function mistakeText(command: Command, path: string, text: string): string {
  const [first = '', ...more] = text
    .trimEnd()
    .replace(/^error: /, '')
    .split('\n');
  const { says, hint } = reading(command, path, first);
  const lines = [`mqbench: ${says}`, ...more.map((line) => `  ${line}`)];
  if (more.length === 0 && hint !== undefined) lines.push(`  → ${hint}`);
  return `${lines.join('\n')}\n`;
}

/** The sentences of commander that there are, and what they say here. */
function reading(command: Command, path: string, sentence: string): { says: string; hint?: string | undefined } {
  const hint = examples[path];
  const argument = /^missing required argument '(.+)'$/.exec(sentence)?.[1];
  if (argument !== undefined) {
    const { variadic, description } = command.registeredArguments.find((one) => one.name() === argument) ?? {};
    return { says: `${path}: <${argument}${variadic ? '...' : ''}> is missing: ${description}`, hint };
  }
  const needed = /^required option '(.+)' not specified$/.exec(sentence)?.[1];
  if (needed !== undefined) {
    const says = command.options.find(({ flags }) => flags === needed)?.description;
    return { says: `${path}: ${needed} is missing: ${says}`, hint };
  }
  const bare = /^option '(.+)' argument missing$/.exec(sentence)?.[1];
  if (bare !== undefined) return { says: `${path}: ${bare} stands without its value` };
  const unknown = /^unknown option '(.+)'$/.exec(sentence)?.[1];
  if (unknown !== undefined)
    return { says: `unknown option '${unknown}' of ${path}`, hint: `mqbench ${path} --help lists those it has` };
  return { says: `${path}: ${sentence}`, hint };
}
