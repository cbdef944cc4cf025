import { describe, expect, it } from "vitest";
import type { StepInput } from "../spec/graph.ts";
import { namedFiles } from "./named-files.ts";

const of = (
  command: string,
  inputs: Record<string, StepInput> = {},
  environmentVariables: Record<string, string> = {},
): readonly string[] => namedFiles({ command, inputs, environmentVariables }, "/home/ann");

const literal = (text: string): StepInput => ({
  type: "string",
  mode: null,
  optional: false,
  source: { kind: "literal", literal: { kind: "string", text } },
});

describe("the files that a step names", () => {
  it.each([
    ["bash /data/lib.sh", ["/data/lib.sh"]],
    ["source '/data/my lib.sh' && main", ["/data/my lib.sh"]],
    ["sort < ~/big.csv > ${{outputs.o}}", ["/home/ann/big.csv"]],
    ["cat $HOME/a ${HOME}/b", ["/home/ann/a", "/home/ann/b"]],
    ["awk -f /data/x.awk --file=/data/y.csv /data/y.csv", ["/data/x.awk", "/data/y.csv"]],
    ["CONFIG=/data/c.json ./run", ["/data/c.json"]],
    ["bash -c 'cat /data/inner.csv'", ["/data/inner.csv"]],
    ["x=$(cat /data/in.csv); echo $x", ["/data/in.csv"]],
    ["echo a | tee /data/log", ["/data/log"]],
  ])("of %s", (command, files) => {
    expect(of(command)).toEqual(files);
  });

  it.each([
    "cat ${{inputs.data}}/a.csv",
    "cat $DATA/a.csv ${DATA}/b.csv",
    "ls /data/",
    "cat /data/*.csv",
    "/srv/conda/bin/python train.py",
    "echo /data/a.csv; rm -f /data/b.csv; [ -f /data/c.csv ]",
    "curl https://example.org/a.csv",
    "cat a/b.csv ./c.csv ../d.csv",
  ])("none of %s", (command) => {
    expect(of(command)).toEqual([]);
  });

  it("are those of its values too, each once", () => {
    const inputs = { a: literal("/data/a.csv"), b: literal("a/b"), c: literal("/data/") };
    expect(of("sh run.sh ${{inputs.a}}", inputs)).toEqual(["/data/a.csv"]);
    expect(of("cat /data/a.csv", inputs)).toEqual(["/data/a.csv"]);
  });

  it("are those of its variables too", () => {
    const variables = { A: "/data/a.csv", B: "b.csv", C: "/data/", D: "/x:/data/d.csv", E: "~/e" };
    expect(of("sh run.sh", {}, variables)).toEqual(["/data/a.csv", "/x:/data/d.csv"]);
  });
});
