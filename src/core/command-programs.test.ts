import { describe, expect, it } from "vitest";
import { asksForPython3, commandPrograms } from "./command-programs.ts";

describe("commandPrograms", () => {
  it.each([
    ["Rscript train.R --data x", ["Rscript"]],
    ["cd src && Rscript train.R; node report.mjs", ["Rscript", "node"]],
    ["SEED=1 julia run.jl", ["julia"]],
    ["for i in 1 2; do node a.js $i; done", ["node"]],
    ["lines=$(node count.js); echo $lines", ["node"]],
    ["N=`Rscript n.R`", ["Rscript"]],
    ["timeout -k 5 60s node a.js || nice -n 5 julia b.jl", ["julia", "node"]],
    ["env -i A=1 B=$HOME node a.js", ["node"]],
    ["find . | xargs -n 1 java -jar a.jar", ["java"]],
    ["if ! node check.js; then { deno run b.ts; }; fi", ["deno", "node"]],
    ["bash -euc 'node a.js' && bash -c \"bun b.ts\"", ["bun", "node"]],
    ["python node.py --tool node", []],
    ['test "$x" != node && echo ${{inputs.node}} $node --node', []],
    ["echo R", []],
  ])("of %s", (command, programs) => {
    expect(commandPrograms(command)).toEqual(programs);
  });

  it("knows no program of a step without a command", () => {
    expect(commandPrograms(null)).toEqual([]);
  });
});

describe("asksForPython3", () => {
  it("is true only when python3 alone is called", () => {
    expect(asksForPython3("python3 train.py")).toBe(true);
    expect(asksForPython3("n=$(python3 count.py)")).toBe(true);
    expect(asksForPython3("python3 a.py && python b.py")).toBe(false);
    expect(asksForPython3("python a.py")).toBe(false);
  });
});
