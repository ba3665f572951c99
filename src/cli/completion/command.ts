import { Command } from 'commander';
import type { Environment } from '../environment.js';
import { oneOf } from '../options/parsers.js';
import { argument } from '../options/rows.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { completionTable } from './table.js';
import { zshScript } from './zsh.js';

const examples = `
Examples:
  source <(mqbench completion bash)   a line for ~/.bashrc
  source <(mqbench completion zsh)    a line for ~/.zshrc, below compinit
  mqbench completion bash > ~/.local/share/bash-completion/completions/mqbench  once; again after an update
  mqbench completion fish > ~/.config/fish/completions/mqbench.fish             likewise`;

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
const shells = Object.keys(scripts) as (keyof typeof scripts)[];

/** `mqbench completion`: a script with which a shell completes command lines of this version. */
export function command(env: Environment): Command {
  return new Command('completion')
    .addArgument(argument('<shell>', shells.join(', '), oneOf(...shells)))
    .addHelpText('after', examples)
    .action((shell: keyof typeof scripts, _: unknown, self: Command) => {
      // The program above this command has all of its commands: its row in the table of commands says so.
      if (self.parent !== null) env.stdout.write(scripts[shell](completionTable(self.parent)));
    });
}
