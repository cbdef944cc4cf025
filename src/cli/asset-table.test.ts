import { expect, it } from "vitest";
import type { AssetRow } from "../ports/records.ts";
import { printAssets } from "./asset-table.ts";
import type { Terminal } from "./terminal.ts";

function printed(names: Readonly<Record<string, number>>, live = true) {
  const notes: string[] = [];
  const out: string[] = [];
  const terminal = {
    live,
    out: (text: string) => out.push(text),
    note: (text: string) => notes.push(text),
  } as unknown as Terminal;
  const assets = Object.entries(names).flatMap(([name, count]) =>
    Array.from(
      { length: count },
      (_, at) =>
        ({ name, version: `${count - at}`, createdAt: 0, createdBy: "ann", run: null }) as AssetRow,
    ),
  );
  printAssets(terminal, assets, "HINT");
  const lines = out.join("\n").split("\n").slice(1);
  return { lines: lines.map((line) => line.split(/ +/).slice(0, 2).join(":")), notes };
}

it("lists every version while there are not many", () => {
  const { lines, notes } = printed({ iris: 2, taxi: 1 });
  expect(lines).toEqual(["iris:2", "iris:1", "taxi:1"]);
  expect(notes).toEqual([]);
});

it("lists of many the newest of each name, so that no name is buried, and says how many there are", () => {
  const { lines, notes } = printed({ iris: 2000, taxi: 3 });
  expect(lines).toEqual(["iris:2000", "taxi:3"]);
  expect(notes).toEqual(["2001 more versions: HINT"]);
});

it("lists all of many where nobody watches", () => {
  expect(printed({ iris: 2000, taxi: 3 }, false)).toMatchObject({
    lines: { length: 2003 },
    notes: [],
  });
});

it("lists the newest versions of one name", () => {
  const { lines, notes } = printed({ iris: 2000 });
  expect(lines).toHaveLength(200);
  expect(lines[0]).toBe("iris:2000");
  expect(notes).toEqual(["1800 more versions: HINT"]);
});
