import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "./repository.ts";

/** What lies in python/ and runs, beside the module of the wheel and its tests. */
function programs(): readonly string[] {
  const folder = path.join(ROOT, "python");
  const runs = (name: string): boolean => {
    const at = path.join(folder, name);
    return fs.statSync(at).isDirectory()
      ? fs.readdirSync(at).some((inside) => inside.endsWith(".py"))
      : name.endsWith(".py");
  };
  return fs
    .readdirSync(folder)
    .filter((name) => runs(name) && name !== "stepwell" && name !== "tests")
    .map((name) => `python/${name}`)
    .sort();
}

const read = (name: string): string => fs.readFileSync(path.join(ROOT, name), "utf8");

it("the wheel brings every Python program that the npm package brings, and both bring what there is", () => {
  const { files } = JSON.parse(read("package.json")) as { readonly files: readonly string[] };
  const packed = files.filter((name) => name.startsWith("python/")).sort();
  expect(packed.length).toBeGreaterThan(0);
  expect(packed).toEqual(programs());
  const project = read("python/pyproject.toml");
  for (const name of packed) {
    expect(fs.existsSync(path.join(ROOT, name)), name).toBe(true);
    expect(project).toContain(`"${name.slice("python/".length)}" = "stepwell/program/${name}"`);
  }
});

it("both bring the components of the library, each program in one file that names no place of this machine", () => {
  expect(JSON.parse(read("package.json")).files).toContain("dist");
  expect(read("python/pyproject.toml")).toContain('"../dist" = "stepwell/program/dist"');
  const names = fs.readdirSync(path.join(ROOT, "library")).filter((name) => name !== "runtime");
  expect(fs.readdirSync(path.join(ROOT, "dist/library")).sort()).toEqual([...names].sort());
  for (const name of names) {
    expect(read(`dist/library/${name}/component.yml`)).toBe(read(`library/${name}/component.yml`));
    if (!fs.existsSync(path.join(ROOT, `library/${name}/${name}.ts`))) continue;
    expect(read(`dist/library/${name}/step.mjs`)).not.toContain(ROOT);
  }
});
