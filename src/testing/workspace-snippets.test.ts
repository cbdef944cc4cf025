import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { workspace } from "../spec/fields/workspace.ts";
import { loadWorkspaceConfig } from "../spec/workspace-config.ts";
import { pages, ROOT } from "./repository.ts";

// Every piece of YAML in the documents whose keys are those of stepwell.yml is read as one without a complaint.

interface Snippet {
  readonly from: string;
  readonly text: string;
}

function snippets(): readonly Snippet[] {
  return pages().flatMap((page) => {
    const text = fs.readFileSync(path.join(ROOT, page), "utf8");
    return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => ({
      from: `${page}:${text.slice(0, match.index).split("\n").length}`,
      text: match[1] ?? "",
    }));
  });
}

function isOfWorkspace({ text }: Snippet): boolean {
  const keys = [...text.matchAll(/^([\w$]+):/gm)].map((match) => match[1] ?? "");
  return keys.length > 0 && keys.every((key) => Object.hasOwn(workspace.fields, key));
}

describe("stepwell.yml in the documents", () => {
  const found = snippets().filter(isOfWorkspace);

  it("stands in several guides", () => {
    expect(new Set(found.map(({ from }) => from.split(":")[0])).size).toBeGreaterThan(5);
  });

  it.each(found)("is read without a complaint: $from", ({ text }) => {
    const { problems } = loadWorkspaceConfig(text, path.join(ROOT, "stepwell.yml"));
    const messages = problems.map(({ message }) => message);
    // A value that a page cuts short, as `ed25519:9bJ…`, is none.
    expect(messages.filter((message) => !/`[^`]*…`/.test(message))).toEqual([]);
  });
});
