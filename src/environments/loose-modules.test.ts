// Source that no installed version stands for, and that is no package: single modules of an editable install, code of `.pth` files.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { editablesOf } from "./identify-software.ts";
import { probePython } from "./probe-python.ts";

let folder: string;
let site: string;
beforeAll(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-modules-")));
  execFileSync("python3", ["-m", "venv", "--without-pip", path.join(folder, "venv")]);
  const lib = path.join(folder, "venv", "lib");
  site = path.join(lib, fs.readdirSync(lib)[0] ?? "", "site-packages");
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

async function contents() {
  const cache = path.join(folder, "cache");
  const python = path.join(folder, "venv", "bin", "python");
  const facts = await probePython(python, { HOME: folder }, cache);
  return facts === null ? {} : editablesOf(facts, cache);
}

it("counts the single modules of an editable install by setuptools", async () => {
  const info = path.join(site, "single-1.dist-info");
  const source = path.join(folder, "source");
  fs.mkdirSync(info);
  fs.mkdirSync(source);
  const finder = "__editable___single_1_finder.py";
  const mapping = JSON.stringify({ single: path.join(source, "single") });
  fs.writeFileSync(path.join(site, finder), `MAPPING: dict[str, str] = ${mapping}\n`);
  fs.writeFileSync(
    path.join(info, "METADATA"),
    "Metadata-Version: 2.1\nName: single\nVersion: 1\n",
  );
  fs.writeFileSync(path.join(info, "RECORD"), `${finder},,\n`);
  const url = { url: `file://${source}`, dir_info: { editable: true } };
  fs.writeFileSync(path.join(info, "direct_url.json"), JSON.stringify(url));
  fs.writeFileSync(path.join(source, "single.py"), "x = 1\n");
  const before = await contents();
  fs.writeFileSync(path.join(source, "single.py"), "x = 2\n");
  const after = await contents();
  expect(Object.keys(before)).toEqual(["single"]);
  expect(after.single).not.toBe(before.single);
});

it("counts code of a .pth file that nothing installed", async () => {
  const file = path.join(site, "our-defaults.pth");
  fs.writeFileSync(file, "import os; os.environ['SEED'] = '1'\n");
  const before = await contents();
  fs.writeFileSync(file, "import os; os.environ['SEED'] = '2'\n");
  const after = await contents();
  expect(before["site-packages/our-defaults.pth"]).toBeDefined();
  expect(after["site-packages/our-defaults.pth"]).not.toBe(
    before["site-packages/our-defaults.pth"],
  );
});
