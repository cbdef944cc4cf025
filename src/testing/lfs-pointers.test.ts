import { afterEach, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// Data that git LFS keeps and that was not fetched: a step would read the pointer.

let rig: Rig;

afterEach(() => rig.remove());

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d".repeat(32)}\nsize 12345\n`;

const PIPELINE = `type: pipeline
jobs:
  a:
    command: cat \${{inputs.file}} \${{inputs.folder}}/x.txt
    inputs:
      file: {type: uri_file, path: data/big.csv}
      folder: {type: uri_folder, path: images}
`;

it("is warned of with its place, as a file and in a folder of a repository that has such files", () => {
  rig = makeRig("lfs");
  rig.write("pipeline.yml", PIPELINE);
  rig.write("data/big.csv", POINTER);
  rig.write("images/x.txt", "text\n");
  rig.write("images/deep/1.png", POINTER);
  const warnings = (): readonly string[] =>
    rig
      .cli("plan", "pipeline.yml")
      .stderr.split("\n")
      .filter((line) => line.includes("git LFS"));
  expect(warnings()).toEqual([
    `pipeline.yml:6:36: warning: step a: input file: ${rig.at("data/big.csv")} is a pointer of git LFS and not the data: that was not fetched`,
  ]);
  rig.write(".gitattributes", "*.png filter=lfs diff=lfs merge=lfs -text\n");
  expect(warnings()).toHaveLength(2);
  expect(warnings()[1]).toContain(`input folder: ${rig.at("images/deep/1.png")} is a pointer`);
  rig.write("data/big.csv", "1,2\n");
  rig.write("images/deep/1.png", "a picture");
  expect(warnings()).toEqual([]);
});

it("is warned of in the code of a step, and among what it includes", () => {
  rig = makeRig("lfs-code");
  rig.write(
    "pipeline.yml",
    "type: pipeline\njobs:\n  a: {command: ls, code: ./src, additional_includes: [shared]}\n",
  );
  rig.write("src/main.py", "print(1)\n");
  rig.write("src/weights.bin", POINTER);
  rig.write("shared/words.bin", "words");
  const warnings = (): readonly string[] =>
    rig
      .cli("plan", "pipeline.yml")
      .stderr.split("\n")
      .filter((line) => line.includes("git LFS"));
  expect(warnings()).toEqual([]);
  rig.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
  const told = (file: string, folder: string): string =>
    `warning: ${rig.at(file)} is a pointer of git LFS and not the file, which was not fetched and belongs to the code: git -C ${rig.at(folder)} lfs pull`;
  expect(warnings()).toEqual([told("src/weights.bin", "src")]);
  rig.write("src/weights.bin", "\x00\x01");
  rig.write("shared/words.bin", POINTER);
  expect(warnings()).toEqual([told("shared/words.bin", "shared")]);
  rig.write("shared/words.bin", "words");
  expect(warnings()).toEqual([]);
});
