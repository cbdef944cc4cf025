// Writes the completion script of a shell from a table of verbs. Knows nothing of what the verbs do.

export type CompletionTable = readonly {
  readonly name: string;
  readonly summary: string;
  /** Words that may follow the verb (`create`, `list`). */
  readonly words: readonly string[];
  /** Names of the record may follow, which `stepwell complete` knows. */
  readonly takesNames: boolean;
  readonly options: readonly { readonly long: string; readonly about: string }[];
}[];

export type CompletionShell = keyof typeof SCRIPTS;

export function isCompletionShell(name: string): name is CompletionShell {
  return Object.hasOwn(SCRIPTS, name);
}

export function completionScript(shell: CompletionShell, table: CompletionTable): string {
  return SCRIPTS[shell](table);
}

const SCRIPTS = { bash, zsh, fish } as const;

function bash(table: CompletionTable): string {
  return `_stepwell() {
  local word="\${COMP_WORDS[COMP_CWORD]}" verb="" at words="" options="" named="" found=""
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${COMP_WORDS[at]}" in
      --workspace|--output|-o) ((at++)) ;;
      -*) ;;
      *) verb="\${COMP_WORDS[at]}"; break ;;
    esac
  done
  case "$verb" in
    "") words="${names(table)}"; options="--help --version --workspace --output" ;;
${cases(table)}
  esac
  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif [[ -z $verb ]]; then COMPREPLY=($(compgen -W "$words" -- "$word"))
  elif [[ -n $words && $COMP_CWORD -eq $((at + 1)) ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  elif [[ -n $named ]]; then
    # Not by compgen -W, which runs what it finds in a word.
    COMPREPLY=()
    while IFS= read -r found; do
      [[ $found == "$word"* ]] && COMPREPLY+=("$found")
    done < <(stepwell complete "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
  fi
}
complete -o default -F _stepwell stepwell`;
}

function zsh(table: CompletionTable): string {
  const described = table.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  return `#compdef stepwell
_stepwell() {
  local verb="" at=2 words_of="" named="" options="--help --version --workspace --output"
  local -a found
  local -a verbs=(
${described.join("\n")}
  )
  for ((; at < CURRENT; at++)); do
    case "\${words[at]}" in
      --workspace|--output|-o) ((at++)) ;;
      -*) ;;
      *) verb="\${words[at]}"; break ;;
    esac
  done
  case "$verb" in
    "") ;;
${cases(table).replaceAll("words=", "words_of=")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then compadd -- \${=options}
  elif [[ -z $verb ]]; then _describe verb verbs
  elif [[ -n $words_of && $CURRENT -eq $((at + 1)) ]]; then compadd -- \${=words_of}
  else
    [[ -n $named ]] && found=(\${(f)"$(stepwell complete "\${(@)words[2,CURRENT-1]}" 2>/dev/null)"})
    if (( $#found )); then compadd -- $found; else _files; fi
  fi
}
if [[ $funcstack[1] == _stepwell ]]; then _stepwell "$@"; else compdef _stepwell stepwell; fi`;
}

function fish(table: CompletionTable): string {
  const lines = [
    FISH_FUNCTIONS,
    "complete -c stepwell -n '__stepwell_is \"\"' -l workspace -r",
    "complete -c stepwell -n '__stepwell_is \"\"' -s o -l output -x -a 'json yaml tsv table'",
  ];
  for (const { name, summary, words, options, takesNames } of table) {
    const inner = words.join(" ");
    const seen = `-n '__stepwell_is ${name}'`;
    lines.push(`complete -c stepwell -n '__stepwell_is ""' -f -a ${name} -d '${quoted(summary)}'`);
    if (inner !== "")
      lines.push(
        `complete -c stepwell -n '__stepwell_is ${name}; and not __fish_seen_subcommand_from ${inner}' -f -a '${inner}'`,
      );
    if (takesNames) lines.push(`complete -c stepwell ${seen} -k -a '(__stepwell_names)'`);
    for (const { long, about } of options)
      lines.push(`complete -c stepwell ${seen} -l ${long.slice(2)} -d '${quoted(about)}'`);
  }
  return lines.join("\n");
}

const FISH_FUNCTIONS = `function __stepwell_is
  set -l words (commandline -opc)[2..-1]
  set -l verb ""
  while set -q words[1]
    switch $words[1]
      case --workspace --output -o
        set -e words[1]
      case '-*'
      case '*'
        set verb $words[1]
        break
    end
    set -e words[1]
  end
  test "$verb" = "$argv[1]"
end
function __stepwell_names
  stepwell complete (commandline -opc)[2..-1] 2>/dev/null
end`;

function names(table: CompletionTable): string {
  return table.map(({ name }) => name).join(" ");
}

function cases(table: CompletionTable): string {
  return table
    .map(
      ({ name, words, options, takesNames }) =>
        `    ${name}) words="${words.join(" ")}"; options="${options.map(({ long }) => long).join(" ")}"${takesNames ? "; named=1" : ""} ;;`,
    )
    .join("\n");
}

/** Summaries are ours and hold no control codes; a quote or a colon would end the text. */
function quoted(text: string): string {
  return text.replaceAll("'", "").replaceAll(":", ",");
}
