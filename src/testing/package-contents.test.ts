import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const read = (name: string): string => fs.readFileSync(path.join(ROOT, name), "utf8");

it("the wheel brings every Python program that the npm package brings, and both bring what there is", () => {
  const { files } = JSON.parse(read("package.json")) as { readonly files: readonly string[] };
  const packed = files.filter((name) => name.startsWith("python/"));
  const project = read("python/pyproject.toml");
  for (const name of packed) {
    expect(fs.existsSync(path.join(ROOT, name)), name).toBe(true);
    expect(project).toContain(`"${name.slice("python/".length)}" = "stepwell/program/${name}"`);
  }
});
