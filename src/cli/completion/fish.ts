import type { CompletionNode, CompletionTable, Entry } from './table.js';

export function fishScript(table: CompletionTable): string {
  return `# fish completion of mqbench, made by: mqbench completion fish

function __mqbench_node
    switch "$argv[1]"
${table.map(nodeCase).join('\n')}
    end
end

function __mqbench_values
    switch "$argv[1]|$argv[2]"
${table.flatMap(valueCases).join('\n')}
        case '*'
            return 1
    end
end

function __mqbench
    set -l tokens (commandline -opc)
    set -g __mqbench_cur (commandline -ct)
    set -l at ''
    set -l before ''
    set -l count 0
    set -g __mqbench_prefix ''
    __mqbench_node ''
    for word in $tokens[2..-1]
        if test "$word" = --
            __fish_complete_path "$__mqbench_cur"
            return
        end
        if not string match -q -- '-*' "$word"; and contains -- "$before" $__mqbench_takes
            set before ''
            continue
        end
        set before "$word"
        string match -q -- '-*' "$word"; and continue
        if contains -- "$word" $__mqbench_commands
            set at (string trim -- "$at $word")
            set count 0
            __mqbench_node "$at"
        else
            set count (math $count + 1)
        end
    end
    set -l prev "$tokens[-1]"
    if string match -q -- '--*=*' "$__mqbench_cur"
        set prev (string replace -r '=.*' '' -- "$__mqbench_cur")
        set __mqbench_prefix "$prev="
        set __mqbench_cur (string replace -r '^[^=]*=' '' -- "$__mqbench_cur")
    end
    if string match -q -- '-*' "$__mqbench_cur"
        string join \\n -- $__mqbench_options
    else if __mqbench_values "$at" "$prev"
    else if contains -- "$prev" $__mqbench_takes
    else if test (count $__mqbench_commands) -gt 0
        string join \\n -- $__mqbench_described
    else
        __mqbench_values "$at" "#"(math $count + 1)
    end
end

function __mqbench_offer
    for word in $argv[2..-1]
        echo "$__mqbench_prefix$word"
    end
    switch $argv[1]
        case files
            for path in (__fish_complete_path "$__mqbench_cur")
                echo "$__mqbench_prefix$path"
            end
        case folders
            for path in (__fish_complete_directories "$__mqbench_cur")
                echo "$__mqbench_prefix$path"
            end
    end
end

complete -c mqbench -f -a '(__mqbench)'
`;
}

function nodeCase({ path, commands, options, takes }: CompletionNode): string {
  return [
    `        case '${path}'`,
    `            set -g __mqbench_commands ${commands.map(({ name }) => name).join(' ')}`,
    `            set -g __mqbench_described ${commands.map(described).join(' ')}`,
    `            set -g __mqbench_options ${options.map(described).join(' ')}`,
    `            set -g __mqbench_takes ${takes.join(' ')}`,
  ]
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A tab stands between a candidate and what it means. */
function described({ name, says }: Entry): string {
  return `${name}\\t'${says.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function valueCases({ path, values }: CompletionNode): string[] {
  return [...values].flatMap(([where, { words, paths = 'words' }]) => [
    `        case '${path}|${where}'`,
    `            __mqbench_offer ${[paths, ...words].join(' ')}`,
  ]);
}
