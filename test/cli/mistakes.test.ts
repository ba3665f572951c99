import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.js';
import { runCli } from '../helpers/cli.js';
import { fakeEnvironment } from '../helpers/fake-environment.js';

/** Every command that needs words behind it, as its words. */
async function needy(): Promise<string[][]> {
  const found: string[][] = [];
  const visit = (command: Command, words: readonly string[]): void => {
    const needs = command.registeredArguments.some(({ required }) => required);
    if (needs || command.options.some(({ mandatory }) => mandatory)) found.push([...words]);
    for (const child of command.commands) visit(child, [...words, child.name()]);
  };
  visit(await buildProgram(fakeEnvironment('/')), []);
  return found;
}

it('says of every command what is missing, with a command line that has it', async () => {
  const told: string[] = [];
  for (const words of await needy()) {
    const { code, stdout, stderr } = await runCli(words);
    expect({ words, code, stdout }).toEqual({ words, code: 2, stdout: '' });
    const example = /→ mqbench (.+)\n$/.exec(stderr)?.[1] ?? '';
    expect(example.startsWith(words.join(' '))).toBe(true);
    told.push(stderr);
  }
  expect(told.join('')).toMatchInlineSnapshot(`
    "mqbench: probe: <url> is missing: mqtt://, mqtts://, ws://, wss:// or quic://
      → mqbench probe mqtt://broker
    mqbench: agent: --join <url> is missing: the NATS server, nats://host:4222
      → mqbench agent --join nats://10.0.0.1:4222
    mqbench: agents: --agents <url> is missing: the NATS server, nats://host:4222
      → mqbench agents --agents nats://10.0.0.1:4222
    mqbench: gateway: --to <url> is missing: the broker behind it, mqtt://
      → mqbench gateway --to mqtt://127.0.0.1:1883 --listen quic://:14567
    mqbench: compare: <path...> is missing: base and head; with more than two, "vs" between the sides
      → mqbench compare results/before results/after
    mqbench: ab: <scenario...> is missing: a YAML file or the name of a scenario; with brokers also -- conn, pub, sub or pubsub and its flags
      → mqbench ab --base main demo --quick
    mqbench: report: <path...> is missing: results
      → mqbench report results/before results/after --out both
    mqbench: lab exec: <place> is missing: client, nat or server
      → mqbench lab exec client -- ping -c 3 198.18.0.1
    mqbench: lab event: <event...> is missing: rebind, return, address-change, blackout, flap, profile, heal, udp-block, udp-open, nat
      → mqbench lab event rebind
    mqbench: lab measure: <netem...> is missing: a link in the words of tc-netem(8), in quotes; several are measured one after the other
      → mqbench lab measure "delay 15ms 3ms loss 1%"
    mqbench: agents-keys: <folder> is missing: a new one
      → mqbench agents-keys keys --agents 3 --host load.example
    mqbench: completion: <shell> is missing: bash, zsh, fish
      → mqbench completion bash
    "
  `);
});

it.each([
  ['an unknown option', 'probe mqtt://h --cret x'],
  ['one that is like none', 'doctor --zzz'],
  ['a value that is missing', 'compare a b --margin'],
  ['a value that cannot be', 'lab exec clinet -- ls'],
  ['a choice that there is not', 'broker --early-data never'],
  ['too many words', 'doctor all'],
  ['the second argument', 'lab exec client'],
])('tells %s in its own words', async (_, line) => {
  const { code, stderr } = await runCli(line.split(' '));
  expect(code).toBe(2);
  expect(stderr).toMatchSnapshot();
});
