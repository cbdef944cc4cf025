// Writes the completion script of a shell from a table of verbs. Knows nothing of what the verbs do.

export type CompletionTable = readonly {
  readonly name: string;
  readonly summary: string;
  /** Words that may follow the verb (`create`, `list`). */
  readonly words: readonly string[];
  readonly options: readonly string[];
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
  local word="\${COMP_WORDS[COMP_CWORD]}" verb="" at words="" options=""
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
  fi
}
complete -o default -F _stepwell stepwell`;
}

function zsh(table: CompletionTable): string {
  const described = table.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`);
  return `#compdef stepwell
_stepwell() {
  local verb="" at=2 words_of="" options="--help --version --workspace --output"
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
  else _files
  fi
}
if [[ $funcstack[1] == _stepwell ]]; then _stepwell "$@"; else compdef _stepwell stepwell; fi`;
}

function fish(table: CompletionTable): string {
  const lines = [
    "complete -c stepwell -n __fish_use_subcommand -l workspace -r",
    "complete -c stepwell -n __fish_use_subcommand -s o -l output -x -a 'json yaml tsv table'",
  ];
  for (const { name, summary, words, options } of table) {
    const seen = `-n '__fish_seen_subcommand_from ${name}'`;
    lines.push(
      `complete -c stepwell -n __fish_use_subcommand -f -a ${name} -d '${quoted(summary)}'`,
    );
    if (words.length > 0) lines.push(`complete -c stepwell ${seen} -f -a '${words.join(" ")}'`);
    for (const option of options) lines.push(`complete -c stepwell ${seen} -l ${option.slice(2)}`);
  }
  return lines.join("\n");
}

function names(table: CompletionTable): string {
  return table.map(({ name }) => name).join(" ");
}

function cases(table: CompletionTable): string {
  return table
    .map(
      ({ name, words, options }) =>
        `    ${name}) words="${words.join(" ")}"; options="${options.join(" ")}" ;;`,
    )
    .join("\n");
}

/** Summaries are ours and hold no control codes; a quote or a colon would end the text. */
function quoted(text: string): string {
  return text.replaceAll("'", "").replaceAll(":", ",");
}
