import { posixTables } from './bash.js';
import type { CompletionNode, CompletionTable, Entry } from './table.js';

export function zshScript(table: CompletionTable): string {
  return `#compdef mqbench
# zsh completion of mqbench, made by: mqbench completion zsh

${posixTables(table, nodeLines, 'names=() paths=', ({ words, paths = '' }) => `names=(${words.join(' ')}) paths=${paths}`)}

_mqbench() {
  local cur="\${words[CURRENT]}" prev="\${words[CURRENT-1]}"
  local at= before= word= paths=
  local -i count=0 ended=0 i
  local -a commands_of options_of takes names
  if [[ $cur == --*=* ]]; then
    prev="\${cur%%=*}" cur="\${cur#*=}"
    compset -P '*='
  fi
  _mqbench_node ''
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ $word == -- ]]; then ended=1; break; fi
    if [[ $word != -* && -n $before ]] && ((\${takes[(Ie)$before]})); then before=; continue; fi
    before="$word"
    [[ $word == -* ]] && continue
    if ((\${commands_of[(I)\${(b)word}:*]})); then
      at="\${at:+$at }$word" count=0
      _mqbench_node "$at"
    else
      count=$((count + 1))
    fi
  done
  if ((ended)); then
    _files
  elif [[ $cur == -* ]]; then
    _describe -o option options_of
  elif _mqbench_values "$at" "$prev"; then
    _mqbench_offer
  elif ((\${takes[(Ie)$prev]})); then
    _message value
  elif ((\${#commands_of})); then
    _describe command commands_of
  elif _mqbench_values "$at" "#$((count + 1))"; then
    _mqbench_offer
  fi
}

_mqbench_offer() {
  ((\${#names})) && compadd -- $names
  case "$paths" in
  files) _files ;;
  folders) _files -/ ;;
  esac
}

# As a file of fpath it is run to complete; sourced it only says who completes.
if [[ $funcstack[1] == _mqbench ]]; then
  _mqbench "$@"
else
  compdef _mqbench mqbench
fi
`;
}

function nodeLines({ commands, options, takes }: CompletionNode): string[] {
  const all = (some: readonly Entry[]): string => some.map(described).join(' ');
  return [`commands_of=(${all(commands)})`, `options_of=(${all(options)})`, `takes=(${takes.join(' ')})`];
}

/** Name and meaning as _describe reads them; backslashes are its own, too. */
function described({ name, says }: Entry): string {
  return `'${`${name}:${says.replaceAll('\\', '\\\\')}`.replaceAll("'", "'\\''")}'`;
}
