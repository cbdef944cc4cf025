// The virtual environment of a random project, with one package in it, which is there as if pip had put it there.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { PLACES } from "./step-programs.ts";

/** From the project's folder. */
export const PYTHON = `${PLACES.venv}/bin/python`;

export function writePackage(folder: string, version: number): void {
  if (!fs.existsSync(folder)) spawnSync("python3", ["-m", "venv", "--without-pip", folder]);
  const [python = ""] = fs.readdirSync(path.join(folder, "lib"));
  const packages = path.join(folder, "lib", python, "site-packages");
  const about = `thing-${version}.dist-info`;
  if (fs.existsSync(path.join(packages, about))) return;
  for (const name of fs.readdirSync(packages).filter((one) => one.startsWith("thing")))
    fs.rmSync(path.join(packages, name), { recursive: true });
  const files = {
    "thing.py": `VERSION = ${version}\n`,
    [`${about}/METADATA`]: `Metadata-Version: 2.1\nName: thing\nVersion: ${version}\n`,
    [`${about}/RECORD`]: `thing.py,,\n${about}/METADATA,,\n${about}/RECORD,,\n`,
  };
  fs.mkdirSync(path.join(packages, about));
  for (const [name, text] of Object.entries(files))
    fs.writeFileSync(path.join(packages, name), text);
}
