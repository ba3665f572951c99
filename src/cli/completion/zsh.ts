import { patternOf } from './bash.js';
import type { CompletionNode, CompletionTable, Entry } from './table.js';

export function zshScript(table: CompletionTable): string {
  return `#compdef mqbench
# zsh completion of mqbench, made by: mqbench completion zsh

_mqbench_node() {
  case "$1" in
${table.map(nodeCase).join('\n')}
  esac
}

_mqbench_values() {
  names=() paths=
  case "$1|$2" in
${table.flatMap(valueCases).join('\n')}
  *) return 1 ;;
  esac
}

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

function nodeCase({ path, commands, options, takes }: CompletionNode): string {
  return [
    `  '${path}')`,
    `    commands_of=(${commands.map(described).join(' ')})`,
    `    options_of=(${options.map(described).join(' ')})`,
    `    takes=(${takes.join(' ')})`,
    '    ;;',
  ].join('\n');
}

/** Name and meaning as _describe reads them; backslashes are its own, too. */
function described({ name, says }: Entry): string {
  return `'${`${name}:${says.replaceAll('\\', '\\\\')}`.replaceAll("'", "'\\''")}'`;
}

function valueCases({ path, values }: CompletionNode): string[] {
  return [...values].map(
    ([where, { words, paths }]) => `  ${patternOf(path, where)}) names=(${words.join(' ')}) paths=${paths ?? ''} ;;`,
  );
}
