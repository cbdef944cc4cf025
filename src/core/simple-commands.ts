// The simple commands of a script as their words. Knows bash's grammar through the scanner; knows no program but shells.

import { scanShell } from "./shell-scanner.ts";

const SHELLS = /^(?:bash|sh|dash|zsh)$/;

/** The words of each simple command without its redirections, those of `bash -c '…'` as well. */
export function simpleCommands(script: string, depth = 0): readonly (readonly string[])[] {
  return scanShell(script.replaceAll("\0", ""), []).commands.flatMap(({ words }) => {
    const texts = words.filter((word) => !word.redirect).map((word) => word.text);
    const shell = texts.findIndex((text) => SHELLS.test(baseName(text)));
    const flag = texts.findIndex((text, at) => at > shell && /^-[a-z]*c$/.test(text));
    const inner = shell < 0 || flag < 0 ? undefined : texts[flag + 1];
    return inner === undefined || depth > 2
      ? [texts]
      : [texts, ...simpleCommands(inner, depth + 1)];
  });
}

export function baseName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}
