import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./repository.ts";
import { makeRig, type Rig } from "./rig.ts";

// Why function steps run, as the command line says it: in words of whoever wrote the function.

let rig: Rig;

const PIPELINE = `import { writeFileSync } from "node:fs";
import native from "native";
import { output, pipeline, step } from "stepwell";
const evaluate = step({ name: "evaluate", outputs: { page: output.file() }, run({ outputs }) {
  writeFileSync(outputs.page, "WORD" + native.word);
} });
export default pipeline({ name: "changed" }, () => { evaluate({}); });
`;

beforeAll(() => {
  rig = makeRig("changed-function");
  rig.write("package.json", '{"type": "module"}');
  rig.write("node_modules/native/binding.gyp", "");
  rig.write("node_modules/native/index.js", 'module.exports = { word: "native" };');
  fs.symlinkSync(ROOT, rig.at("node_modules/stepwell"));
  write({ word: "a", version: "1.2.0" });
});
afterAll(() => rig.remove());

function write({ word, version }: { readonly word: string; readonly version: string }): void {
  rig.write("node_modules/native/package.json", JSON.stringify({ name: "native", version }));
  rig.write("pipeline.ts", PIPELINE.replace("WORD", word));
}

const planned = (): string => rig.cli("plan", "pipeline.ts").stdout.split("\n")[0] ?? "";

describe("a function step that changed", () => {
  it("says what changed of it, and nothing of files that nobody has seen", () => {
    expect(rig.cli("run", "pipeline.ts").code).toBe(0);
    write({ word: "a", version: "1.3.0" });
    expect(planned()).toMatch(
      /^run +evaluate .* function changed: package native 1\.2\.0 → 1\.3\.0$/,
    );
    write({ word: "b", version: "1.2.0" });
    expect(planned()).toMatch(/^run +evaluate .* function changed: what it contains \(\+1 −1\)$/);
  });

  it("is explained without a word on Python", () => {
    rig.cli("run", "pipeline.ts");
    const said = rig.cli("why", "evaluate").stdout;
    expect(said).toContain("evaluate ran: function changed: what it contains (+1 −1)\n");
    expect(said).not.toContain("Python");
    expect(JSON.parse(rig.cli("why", "evaluate", "--json").stdout)).toMatchObject({
      isFunction: true,
    });
  });

  it("is the same when a power cut has left nothing of its program but the length", () => {
    expect(rig.cli("run", "pipeline.ts").code).toBe(0);
    expect(planned()).toMatch(/^reuse +evaluate/);
    const programs = fs
      .readdirSync(rig.at(".stepwell"), { recursive: true, encoding: "utf8" })
      .filter((name) => /\/code\/(?:step\.mjs|packages\.json)$/.test(name));
    expect(new Set(programs.map((name) => path.basename(name))).size).toBe(2);
    for (const name of programs)
      rig.write(`.stepwell/${name}`, "\0".repeat(rig.read(`.stepwell/${name}`).length));
    expect(planned()).toMatch(/^reuse +evaluate/);
  });
});
