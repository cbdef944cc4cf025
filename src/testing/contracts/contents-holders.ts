// What contents promise about finding a file or folder inside of the folders whose lists they keep.

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ContentsBench } from "./contents-bench.ts";

export function finding(bench: () => ContentsBench): void {
  const identified = async (path: string) =>
    (await bench().content(bench().path(path), "uri_folder")).id;

  it("finds a file in every folder that holds it, and where", async () => {
    bench().write("one/a/x.txt", "wanted");
    bench().write("two/y.txt", "wanted");
    bench().write("three/z.txt", "other");
    const [one, two] = [await identified("one"), await identified("two")];
    await identified("three");
    const id = await identified("two/y.txt");
    const found = await bench().contents.holders(id);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({ folder: one, path: "a/x.txt" });
    expect(found).toContainEqual({ folder: two, path: "y.txt" });
  });

  it("finds a folder inside of another, only where it is whole and nothing is beside it", async () => {
    bench().write("in/a.txt", "a");
    bench().write("in/deep/b.txt", "b");
    bench().write("holds/x/a.txt", "a");
    bench().write("holds/x/deep/b.txt", "b");
    bench().write("holds/y.txt", "y");
    bench().write("less/x/a.txt", "a");
    bench().write("more/x/a.txt", "a");
    bench().write("more/x/deep/b.txt", "b");
    bench().write("more/x/c.txt", "c");
    const folder = await identified("holds");
    for (const other of ["less", "more"]) await identified(other);
    const found = await bench().contents.holders(await identified("in"));
    expect(found).toEqual([{ folder, path: "x" }]);
  });

  it("believes no list that does not give its own id", async () => {
    bench().write("one/x.txt", "wanted");
    await identified("one");
    const lists = bench().path(".stepwell/store/.manifests");
    const [part = ""] = readdirSync(lists);
    const [name = ""] = readdirSync(join(lists, part));
    const id = await identified("one/x.txt");
    const forged = { format: 1, entries: [{ type: "file", path: "y", size: 1, id }] };
    writeFileSync(join(lists, part, name), JSON.stringify(forged));
    expect(await bench().contents.holders(id)).toEqual([]);
  });
}
