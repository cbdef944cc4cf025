import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { pages, ROOT } from "./repository.ts";

// Documents point at things that are there: links, files and functions that ARCHITECTURE.md names, scripts of package.json.

const read = (name: string): string => fs.readFileSync(path.join(ROOT, name), "utf8");

function sources(): readonly string[] {
  return fs
    .readdirSync(path.join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"));
}

describe("every page", () => {
  it.each(pages())("%s links to files that there are", (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map((match) => match[1] ?? "");
    const gone = links.filter(
      (link) => !/^[a-z]+:/.test(link) && !fs.existsSync(path.join(ROOT, path.dirname(page), link)),
    );
    expect(gone).toEqual([]);
  });

  it.each(pages())("%s names scripts that `npm run` has", (page) => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts);
    const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? "");
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });
});

describe("ARCHITECTURE.md", () => {
  const text = read("ARCHITECTURE.md");
  const words = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");

  it("has at most 200 lines", () => {
    expect(text.split("\n").length).toBeLessThanOrEqual(200);
  });

  it("names rooms and files that there are, and every room", () => {
    const named = words.filter((word) => /^(?:src\/)?[\w/-]+\.ts$/.test(word));
    const gone = named.filter(
      (word) => !fs.existsSync(path.join(ROOT, "src", word.replace(/^src\//, ""))),
    );
    expect(gone).toEqual([]);
    const rooms = fs
      .readdirSync(path.join(ROOT, "src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${entry.name}/`);
    expect(rooms.filter((room) => !words.includes(room))).toEqual([]);
  });

  it("names functions that there are", () => {
    const all = sources()
      .map((name) => read(path.join("src", name)))
      .join("\n");
    const named = words.filter((word) => /^[a-z]+[A-Z]\w*$/.test(word));
    const gone = named.filter((word) => !all.includes(`function ${word}`));
    expect(named.length).toBeGreaterThan(5);
    expect(gone).toEqual([]);
  });
});
