// A pipeline whose result spells out each thing that it was made from: parameter, code, definitions, data, what a link leads
// to, a datastore, ignore rules, an editable install. Each can be saved anew at any moment, as editors and people save.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { Chance } from "../simulation/chance.ts";

/** In the order in which the result spells them. */
const PARTS = [
  ..."first second linked stored command variable helper script include ignored alpha nested editable".split(
    " ",
  ),
] as const;
type Part = (typeof PARTS)[number];

/** So that equal numbers have equal sizes, and come back. */
const VALUES = [0, 1, 2];

export interface SavedProject {
  /** Saves one thing with a value of its own, by one of the ways in which things are saved. */
  save(chance: Chance): void;
  /** What a run of it as it is now must print. */
  expected(): string;
}

export function makeSavedProject(folder: string, chance: Chance): SavedProject {
  const values = new Map<Part, number>(PARTS.map((part) => [part, 0]));
  const value = (part: Part): number => values.get(part) ?? 0;
  const write = (part: Part, how: Chance): void => {
    for (const [name, text] of Object.entries(filesOf(part, value)))
      saveFile(path.join(folder, name), text, how);
    if (part === "linked") link(path.join(folder, "link.txt"), `places/${value(part)}.txt`);
  };
  for (const one of VALUES) {
    put(path.join(folder, `places/${one}.txt`), `${one}`);
    put(path.join(folder, `store/${one}/f.txt`), `${one}`);
  }
  put(path.join(folder, "code/x.txt"), "1");
  put(path.join(folder, "parts/train.yml"), TRAIN);
  for (const part of PARTS) write(part, chance);
  makeEditable(path.join(folder, ".venv"), path.join(folder, "package"));
  return {
    save(how) {
      const part = how.pick(PARTS);
      values.set(part, how.pick(part === "ignored" ? [0, 1] : VALUES));
      write(part, how);
    },
    expected: () => PARTS.map(value).join(""),
  };
}

/** In place, in place of it (as editors do), in place with the time that it had, or by something with an old time. */
function saveFile(file: string, text: string, chance: Chance): void {
  const before = fs.statSync(file, { throwIfNoEntry: false });
  const how = chance.next();
  if (before === undefined || how < 0.6) {
    put(file, text);
    if (before !== undefined && how < 0.2) fs.utimesSync(file, before.atime, before.mtime);
    return;
  }
  const beside = `${file}.saved~`;
  put(beside, text);
  if (how < 0.75) fs.utimesSync(beside, 1e9, 1e9);
  fs.renameSync(beside, file);
}

function put(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

function link(at: string, target: string): void {
  fs.symlinkSync(target, `${at}.saved~`);
  fs.renameSync(`${at}.saved~`, at);
}

/** Long, so that reading it takes a while. */
const NOTES = Array.from({ length: 15_000 }, (_, at) => `# somebody's note on line ${at}\n`).join(
  "",
);

function filesOf(part: Part, value: (part: Part) => number): Readonly<Record<string, string>> {
  const own = value(part);
  switch (part) {
    case "first":
    case "second":
      return { [`data/${part}.txt`]: `${own}` };
    case "stored":
      return { "stepwell.yml": `datastores: {mine: {type: file, path: ./store/${own}}}\n` };
    case "command":
    case "variable":
      return { "parts/prepare.yml": prepare(value("command"), value("variable")) };
    case "helper":
    case "include":
      return { [part === "helper" ? "code/helper.py" : "more/include.py"]: `VALUE = ${own}\n` };
    case "script":
      return { "code/train.py": script(own) };
    case "ignored":
      return { "code/.amlignore": own === 0 ? "x.txt\n" : "y.txt\n" };
    case "alpha":
      return { "p.yml": pipeline(own) + NOTES };
    case "nested":
      return { "parts/nested.yml": nested(own) };
    case "editable":
      return { "package/edited.py": `VALUE = ${own}\n` };
    default:
      return {};
  }
}

const pipeline = (alpha: number): string => `type: pipeline
inputs: {alpha: ${alpha}}
jobs:
  prepare:
    component: ./parts/prepare.yml
    inputs:
      data: {type: uri_folder, path: ./data}
      linked: {type: uri_file, path: ./link.txt}
      stored: {type: uri_file, path: azureml://datastores/mine/paths/f.txt}
  train:
    component: ./parts/nested.yml
    inputs: {data: "\${{parent.jobs.prepare.outputs.o}}", alpha: "\${{parent.inputs.alpha}}"}
  last:
    command: (cat \${{inputs.data}}; python -c "import edited; print(edited.VALUE, end='')") > \${{outputs.o}}
    environment: {python: .venv/bin/python}
    inputs: {data: "\${{parent.jobs.train.outputs.o}}"}
    outputs: {o: {type: uri_file}}
`;

const prepare = (command: number, variable: number): string => `type: command
inputs: {data: {type: uri_folder}, linked: {type: uri_file}, stored: {type: uri_file}}
outputs: {o: {type: uri_file}}
environment_variables: {VALUE: "${variable}"}
command: >-
  cd \${{inputs.data}}; (cat first.txt second.txt \${{inputs.linked}} \${{inputs.stored}};
  printf %s ${command} $VALUE) > \${{outputs.o}}
`;

const nested = (literal: number): string => `type: pipeline
inputs: {data: {type: uri_file}, alpha: {type: integer}}
outputs: {o: {type: uri_file}}
jobs:
  fit:
    component: ./train.yml
    inputs: {data: "\${{parent.inputs.data}}", alpha: "\${{parent.inputs.alpha}}", word: "${literal}"}
    outputs: {o: "\${{parent.outputs.o}}"}
`;

const TRAIN = `type: command
inputs: {data: {type: uri_file}, alpha: {type: integer}, word: {type: string}}
outputs: {o: {type: uri_file}}
code: ../code
additional_includes: [../more]
command: python3 train.py \${{inputs.data}} \${{inputs.alpha}} \${{inputs.word}} \${{outputs.o}}
`;

const script = (own: number): string => `import os, sys, time
sys.path.insert(0, "more")
import helper, include
OWN = ${own}
time.sleep(0.05)
_, data, alpha, word, out = sys.argv
rest = [helper.VALUE, OWN, include.VALUE, int(os.path.exists("x.txt")), alpha, word]
open(out, "w").write(open(data).read() + "".join(map(str, rest)))
`;

/** As if pip had installed the folder with \`-e\`. */
function makeEditable(venv: string, source: string): void {
  spawnSync("python3", ["-m", "venv", "--without-pip", venv]);
  const [python = ""] = fs.readdirSync(path.join(venv, "lib"));
  const packages = path.join(venv, "lib", python, "site-packages");
  const about = "edited-1.dist-info";
  const origin = { url: `file://${source}`, dir_info: { editable: true } };
  put(path.join(packages, "__editable__.edited.pth"), `${source}\n`);
  put(path.join(packages, about, "METADATA"), "Metadata-Version: 2.1\nName: edited\nVersion: 1\n");
  put(path.join(packages, about, "direct_url.json"), JSON.stringify(origin));
  put(path.join(packages, about, "RECORD"), `__editable__.edited.pth,,\n${about}/METADATA,,\n`);
}
