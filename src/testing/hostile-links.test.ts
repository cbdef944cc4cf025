import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Canary, makeCanary } from "./canary.ts";
import { leftovers, makeRig, type Rig } from "./rig.ts";

// Links that lead out of a workspace, laid by real steps where outputs are captured, and found in code folders: what they
// lead to is never recorded, altered, moved or removed.

let rig: Rig;
let canary: Canary;
beforeAll(() => {
  rig = makeRig("links");
  canary = makeCanary();
});
afterAll(() => {
  rig.remove();
  canary.remove();
});

const FILE = "${{outputs.file}}";
const FOLDER = "${{outputs.folder}}";

/** What a step does with its outputs: `$C` is the canary's folder, `$W` the work folder of the step. */
const ATTACKS: readonly string[] = [
  `ln -s $C/file ${FILE}`,
  `ln -s $C ${FOLDER}/l`,
  `ln -s $C/file ${FOLDER}/l`,
  `ln -s $(realpath --relative-to=${FOLDER} $C) ${FOLDER}/l`,
  `ln -s $(realpath --relative-to=${FOLDER} $C)/file ${FOLDER}/l`,
  `ln -s . ${FOLDER}/a; ln -s a/../../../../../../../../../../../../../../$C ${FOLDER}/b`,
  `mkdir ${FOLDER}/d; ln -s $C ${FOLDER}/d/l`,
  `ln -s /proc/self/root$C ${FOLDER}/l`,
  `ln -s $C/missing ${FOLDER}/l`,
  `rmdir ${FOLDER}; ln -s $C ${FOLDER}`,
  `rmdir ${FOLDER}; ln -s $C/file ${FOLDER}`,
  `P=$(dirname ${FILE}); rmdir "$P"; ln -s $C "$P"`,
  `P=$(dirname ${FOLDER}); mv "$P" $W/away; ln -s $C "$P"`,
  `mkfifo ${FOLDER}/p`,
  `mkfifo ${FILE}`,
  `mknod ${FOLDER}/n c 1 3`,
  `rmdir outputs; ln -s $C outputs`,
  `rmdir logs; ln -s $C logs`,
  `ln -s $C outputs/l`,
  `ln -s $C/file logs/l`,
  `cd /; mv $W $W.away; ln -s $C $W`,
  `touch ${FILE}; ln -s $C "$(dirname ${FILE})/beside"; exit 3`,
  `rm -rf ${FOLDER}; ln -s $C ${FOLDER}; exit 3`,
];

describe("links that lead out of the workspace", () => {
  it(`laid by steps in ${ATTACKS.length} ways are not followed`, () => {
    const step = (attack: string, at: number): string => `
  s${at}:
    command: |
      C=${canary.folder}; W=$PWD
      ${attack}
    outputs: {${attack.includes("outputs.file") ? "file: {type: uri_file}," : ""} folder: {type: uri_folder}}`;
    rig.write(
      "p.yml",
      `type: pipeline\nsettings: {default_compute: azureml:local, continue_on_step_failure: true}\njobs:${ATTACKS.map(step).join("")}\n`,
    );
    const run = rig.run("run", "p.yml", "--name", "attacks");
    const ends = run.steps.map((one) => [one.name, one.status, ATTACKS[Number(one.name.slice(1))]]);
    const harmless = ends.filter(([, status]) => status !== "Failed").map(([, , attack]) => attack);
    // A link to nothing is kept as a link; one beside a file output is put aside as it is.
    expect(harmless.filter((attack) => !attack?.includes("missing"))).toEqual([]);
    canary.expectUntouched(rig.folder);
    rig.cli("gc");
    canary.expectUntouched(rig.folder);
    expect(leftovers(rig.folder)).toEqual([]);
  });

  it("found in a code folder, or named by additional_includes, are refused", () => {
    const links = [
      canary.folder,
      canary.file,
      path.relative(rig.at("code"), canary.folder),
      path.relative(rig.at("code"), canary.file),
      "/proc/self/root",
      "../../../../../../../../../../../../etc/passwd",
    ];
    for (const target of links)
      for (const place of ["code", "more"]) {
        rig.write(
          "part.yml",
          `type: command\ncode: ./code\nadditional_includes: [./more]\ncommand: cat lead more/lead; true\n`,
        );
        rig.write(
          "job.yml",
          "type: pipeline\njobs: {a: {component: ./part.yml, compute: azureml:local}}\n",
        );
        rig.write("code/a.txt", "a");
        rig.write("more/b.txt", "b");
        fs.symlinkSync(target, rig.at(`${place}/lead`));
        const done = rig.cli("run", "job.yml");
        expect([target, place, done.code]).toEqual([target, place, 2]);
        expect(done.stderr).toContain("lead");
        canary.expectUntouched(rig.folder);
        for (const one of ["code", "more"]) fs.rmSync(rig.at(one), { recursive: true });
      }
  });

  it("standing where an output is copied to are replaced, not written through", () => {
    rig.write(
      "good.yml",
      `type: command\ncommand: mkdir \${{outputs.d}}/o; echo new > \${{outputs.d}}/o/inner; echo new > \${{outputs.file}}\noutputs: {d: {type: uri_folder}, file: {type: uri_file}}\ncompute: azureml:local\n`,
    );
    rig.run("run", "good.yml", "--name", "good");
    fs.mkdirSync(rig.at("to"));
    fs.symlinkSync(canary.folder, rig.at("to/d"));
    fs.symlinkSync(canary.file, rig.at("to/file"));
    expect(rig.cli("outputs", "good", "d", "--to", rig.at("to")).code).toBe(0);
    expect(rig.cli("outputs", "good", "file", "--to", rig.at("to")).code).toBe(0);
    canary.expectUntouched(rig.folder);
    expect(fs.lstatSync(rig.at("to/d")).isDirectory()).toBe(true);
    expect(rig.read("to/file")).toBe("new\n");
  });

  it("never lead the removal of anything out of the workspace", () => {
    fs.symlinkSync(canary.folder, rig.at(".stepwell/work/attack"));
    fs.symlinkSync(canary.folder, rig.at(".stepwell/attempts/attack"));
    fs.symlinkSync(canary.folder, rig.at(".stepwell/store/.attempts/attack"));
    fs.mkdirSync(rig.at(".stepwell/trash"), { recursive: true });
    fs.symlinkSync(canary.folder, rig.at(".stepwell/trash/99999999-0"));
    expect(rig.cli("gc").code).toBe(0);
    rig.run("run", "good.yml", "--force");
    canary.expectUntouched(rig.folder);
  });
});
