import type { CompletionNode, CompletionTable, Values } from './table.js';

/** Works from bash 3.2 on, which macOS has; there without paths, since `compopt` is of bash 4. */
export function bashScript(table: CompletionTable): string {
  return `# bash completion of mqbench, made by: mqbench completion bash

${posixTables(table, nodeLines, 'words= paths=', ({ words, paths = '' }) => `words='${words.join(' ')}' paths=${paths}`)}

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

function nodeLines({ commands, options, takes }: CompletionNode): string[] {
  const names = (some: readonly { readonly name: string }[]): string => some.map(({ name }) => name).join(' ');
  return [`commands='${names(commands)}'`, `options='${names(options)}'`, `takes='${takes.join(' ')}'`];
}

/** What bash and zsh look up: what may stand behind a command, and what may be the value of an option or argument. */
export function posixTables(
  table: CompletionTable,
  node: (node: CompletionNode) => readonly string[],
  empty: string,
  values: (values: Values) => string,
): string {
  const nodes = table.map((one) =>
    [`  '${one.path}')`, ...node(one).map((line) => `    ${line}`), '    ;;'].join('\n'),
  );
  const cases = table.flatMap(({ path, values: all }) =>
    [...all].map(([where, one]) => {
      const pattern = where === '#*' ? `'${path}|#'*` : `'${path}|${where}'`;
      return `  ${pattern}) ${values(one)} ;;`;
    }),
  );
  return `_mqbench_node() {
  case "$1" in
${nodes.join('\n')}
  esac
}

_mqbench_values() {
  ${empty}
  case "$1|$2" in
${cases.join('\n')}
  *) return 1 ;;
  esac
}`;
}
