import type { CompletionNode, CompletionTable, Values } from './table.js';

/** Works from bash 3.2 on, which macOS has; there without paths, since `compopt` is of bash 4. */
export function bashScript(table: CompletionTable): string {
  return `# bash completion of mqbench, made by: mqbench completion bash

_mqbench_node() {
  case "$1" in
${table.map(nodeCase).join('\n')}
  esac
}

_mqbench_values() {
  words= paths=
  case "$1|$2" in
${table.flatMap(valueCases).join('\n')}
  *) return 1 ;;
  esac
}

_mqbench() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local path= before= word= count=0 ended= i commands options takes words paths
  # --name=value is three words to bash.
  [[ $cur == = ]] && cur=
  [[ $prev == = && $COMP_CWORD -gt 2 ]] && prev="\${COMP_WORDS[COMP_CWORD-2]}"
  COMPREPLY=()
  _mqbench_node ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    [[ $word == = ]] && continue
    [[ $word == -- ]] && { ended=1; break; }
    if [[ $word != -* && " $takes " == *" $before "* && -n $before ]]; then before=; continue; fi
    before="$word"
    [[ $word == -* ]] && continue
    if [[ " $commands " == *" $word "* ]]; then
      path="\${path:+$path }$word" count=0
      _mqbench_node "$path"
    else
      count=$((count + 1))
    fi
  done
  if [[ -n $ended ]]; then
    paths=files
  elif [[ $cur == -* ]]; then
    words="$options"
  elif _mqbench_values "$path" "$prev"; then
    :
  elif [[ " $takes " == *" $prev "* ]]; then
    return
  elif [[ -n $commands ]]; then
    words="$commands"
  else
    _mqbench_values "$path" "#$((count + 1))"
  fi
  # Words are plain names; paths are left to bash, which knows how to quote them.
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  case "$paths" in
  files) compopt -o default 2>/dev/null ;;
  folders) compopt -o dirnames 2>/dev/null ;;
  esac
  return 0
}

complete -F _mqbench mqbench
`;
}

function nodeCase({ path, commands, options, takes }: CompletionNode): string {
  const names = (some: readonly { readonly name: string }[]): string => some.map(({ name }) => name).join(' ');
  return [
    `  '${path}')`,
    `    commands='${names(commands)}'`,
    `    options='${names(options)}'`,
    `    takes='${takes.join(' ')}'`,
    '    ;;',
  ].join('\n');
}

function valueCases({ path, values }: CompletionNode): string[] {
  return [...values].map(([where, value]) => `  ${patternOf(path, where)}) ${assigned(value)} ;;`);
}

/** The same in bash and zsh. */
export function patternOf(path: string, where: string): string {
  return where === '#*' ? `'${path}|#'*` : `'${path}|${where}'`;
}

function assigned({ words, paths }: Values): string {
  return `words='${words.join(' ')}' paths=${paths ?? ''}`;
}
