import { Argument, Command } from 'commander';
import { ownEntry } from '../../base/own.js';
import { nearest } from '../../base/text/nearest.js';
import type { Environment } from '../environment.js';
import { usage } from '../parsers.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { type CompletionTable, completionTable } from './table.js';
import { zshScript } from './zsh.js';

const examples = `
Examples:
  source <(mqbench completion bash)   a line for ~/.bashrc
  source <(mqbench completion zsh)    a line for ~/.zshrc, below compinit
  mqbench completion bash > ~/.local/share/bash-completion/completions/mqbench  once; again after an update
  mqbench completion fish > ~/.config/fish/completions/mqbench.fish             likewise`;

const scripts: Readonly<Record<string, (table: CompletionTable) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
const shells = Object.keys(scripts);

/** `mqbench completion`: a script with which a shell completes command lines of this version. */
export function completionCommand(env: Environment): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', shells.join(', ')).argParser(shellOf))
    .addHelpText('after', examples)
    .action((script: (table: CompletionTable) => string, _: unknown, self: Command) => {
      // The program above this command has all of its commands: its row in the table of commands says so.
      if (self.parent !== null) env.stdout.write(script(completionTable(self.parent, shells)));
    });
}

/** @throws MQB_USAGE with the shells there are */
function shellOf(name: string): (table: CompletionTable) => string {
  const script = ownEntry(scripts, name);
  if (script !== undefined) return script;
  const near = nearest(name, shells);
  const meant = near ? `; did you mean ${near}?` : '';
  throw usage(`no completion for the shell "${name}"${meant}`, `there are: ${shells.join(', ')}`);
}
