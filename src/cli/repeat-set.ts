// `--set a=1 b=2`, as `az ml` writes several fields behind one `--set`: each gets its own. Knows nothing of commands.

/** The words with `--set` before every `name=value` that follows the value of one; nothing behind `--` is looked at. */
export function repeatSet(words: readonly string[]): readonly string[] {
  const found: string[] = [];
  let follows = false;
  for (const [index, word] of words.entries()) {
    if (word === "--") return [...found, ...words.slice(index)];
    const before = words[index - 1];
    follows = before === "--set" || (follows && /^[A-Za-z_][^\s=/\\]*=/.test(word));
    if (follows && before !== "--set") found.push("--set");
    found.push(word);
  }
  return found;
}
