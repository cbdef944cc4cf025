// Finds an option that another option stands behind, where its value should: `--resume --json`. A parser would take the
// second one for the value.

import type { Command } from "commander";

/** The option as it is written in the help; null where each has what it needs. Nothing behind `--` is looked at. */
export function valuelessOption(command: Command, words: readonly string[]): string | null {
  const options = [command, ...command.commands].flatMap((one) => one.options);
  const known = new Set(options.flatMap(({ long }) => long ?? []));
  const dashes = words.indexOf("--");
  const own = dashes < 0 ? words : words.slice(0, dashes);
  const found = options.find(
    ({ required, long, short }) =>
      required &&
      own.some((word, at) => (word === long || word === short) && known.has(own[at + 1] ?? "")),
  );
  return found?.flags ?? null;
}
