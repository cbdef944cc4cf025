import fs from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { COMMANDS, HIDDEN } from "../cli/commands.ts";
import { commandReference } from "./command-reference.ts";
import { pages, ROOT } from "./repository.ts";

// Documents name commands and options that there are: the reference is what the command table says, and every
// `stepwell …` of another page is a command of it with options of it.

const PAGE = path.join(ROOT, "docs/reference/commands.md");

let reference: string;

beforeAll(async () => {
  reference = await commandReference();
  if (process.env.STEPWELL_WRITE_DOCS === "1") fs.writeFileSync(PAGE, reference);
});

/** Options that each command takes, by its name; `component create` counts as `component`. */
function optionsOf(page: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const part of page.split(/^##+ `stepwell /m).slice(1)) {
    const name = /^[\w-]+/.exec(part)?.[0] ?? "";
    const flags = [...part.matchAll(/^\| `([^`]*-[^`]*)` \|/gm)].flatMap((row) =>
      (row[1] ?? "").split(/,? /).filter((word) => word.startsWith("-")),
    );
    const all = found.get(name) ?? new Set(["--workspace", "-o", "--output", "--help", "--json"]);
    found.set(name, new Set([...all, ...flags]));
  }
  return found;
}

/** `stepwell …` in code, up to where the shell or the sentence goes on. */
function commandsIn(text: string): readonly string[] {
  const code = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)];
  return code
    .flatMap((match) => (match[1] ?? match[2] ?? "").split("\n"))
    .map((line) => line.replace(/^\$ /, "").trim())
    .filter((line) => /^stepwell\s+[a-z]/.test(line))
    .flatMap((line) => line.split(/\s(?:&&|\||#|>|--\s)/)[0] ?? []);
}

describe("the reference of commands", () => {
  it("is what the command table says; `npm run transcript` writes it anew", () => {
    expect(fs.readFileSync(PAGE, "utf8")).toBe(reference);
  });

  it("has every command that a person calls", () => {
    const named = [...optionsOf(reference).keys()].sort();
    const called = Object.keys(COMMANDS).filter((name) => !HIDDEN.has(name));
    expect(named).toEqual(called.sort());
  });
});

describe("the other pages", () => {
  it.each(pages())("%s names commands and options that there are", (page) => {
    const options = optionsOf(reference);
    const wrong: string[] = [];
    for (const line of commandsIn(fs.readFileSync(path.join(ROOT, page), "utf8"))) {
      const [, name = "", ...words] = line.split(/\s+/);
      const known = options.get(name);
      const flags = words
        .filter((word) => /^--?[a-z]/.test(word))
        .map((word) => word.replace(/=.*$/, ""));
      if (known === undefined || flags.some((flag) => !known.has(flag))) wrong.push(line);
    }
    expect(wrong).toEqual([]);
  });
});
