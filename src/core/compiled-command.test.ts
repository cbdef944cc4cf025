import { expect, it } from "vitest";
import type { StepInput, StepNode } from "../spec/graph.ts";
import { compiledCommand } from "./compiled-command.ts";

const literal: StepInput = {
  type: "string",
  mode: null,
  optional: true,
  source: { kind: "literal", literal: { kind: "string", text: "x" } },
};
const file: StepInput = {
  type: "uri_file",
  mode: null,
  optional: false,
  source: { kind: "data", reference: { kind: "local", path: "/in" } },
};

function step(command: string | null, inputs: StepNode["inputs"] = {}): StepNode {
  const outputs = { o: { type: "uri_file" } };
  return { command, inputs, outputs } as unknown as StepNode;
}

function scriptOf(one: StepNode): string {
  const compiled = compiledCommand(one);
  if (!compiled.ok) throw new Error("it cannot be compiled");
  return compiled.script;
}

it("compiles the same template with the same things set once", () => {
  const command = "cat ${{inputs.f}} > ${{outputs.o}}";
  const first = compiledCommand(step(command, { f: file }));
  expect(compiledCommand(step(command, { f: file }))).toBe(first);
  expect(compiledCommand(step(command, { f: literal }))).not.toBe(first);
});

it("leaves an optional part out where its input is not set", () => {
  const command = "echo a $[[--b ${{inputs.b}}]]";
  const unset: StepInput = { ...literal, source: { kind: "unset" } };
  expect(scriptOf(step(command, { b: literal }))).toContain("--b");
  expect(scriptOf(step(command, { b: unset }))).not.toContain("--b");
});

it("compiles any number of templates, and none at all", () => {
  const first = compiledCommand(step("echo 0"));
  for (let at = 0; at < 1_000; at += 1) compiledCommand(step(`echo ${at}`));
  expect(compiledCommand(step("echo 0"))).toEqual(first);
  expect(scriptOf(step(null))).toBe("");
});
