import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { projectContent } from "./editable-content.ts";

it("counts a package beside `src` that the project installs, and not what lies there otherwise", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-content-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text);
  };
  const content = () => projectContent(folder, "ml-project", path.join(folder, ".cache"));
  const table = "[tool.hatch.build.targets.wheel]";
  write("pyproject.toml", `[project]\nname = "ml-project"\n${table}\npackages = ["core_lib"]\n`);
  for (const file of ["src/step.py", "core_lib/__init__.py", "steps/__init__.py"]) write(file, "");
  const before = content();
  write("steps/__init__.py", "x = 1\n");
  expect(content()).toBe(before);
  write("core_lib/__init__.py", "x = 1\n");
  expect(content()).not.toBe(before);
});
