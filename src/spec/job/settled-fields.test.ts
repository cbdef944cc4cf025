import { describe, expect, it } from "vitest";
import { loaded } from "../../testing/loaded-job.ts";

const told = (step: string) =>
  loaded(`type: pipeline\ninputs: {n: 3, word: nonsense}\njobs:\n  a: {${step}}\n`).problems.map(
    ({ message, hint, position }) => [`${position?.line}:${position?.column}`, message, hint],
  );
const ONLY_PARENT =
  "Outside of inputs and outputs only `${{parent.inputs.x}}` works, as the whole value.";

describe("a field that is bound", () => {
  it("has the value of the pipeline's input", () => {
    const text = 'command: ls, limits: {timeout: "${{parent.inputs.n}}"}';
    const job = loaded(`type: pipeline\ninputs: {n: 3}\njobs:\n  a: {${text}}\n`);
    expect(job.problems).toEqual([]);
    expect(job.graph?.steps[0]?.timeoutSeconds).toBe(3);
  });

  it("is left out where nobody sets the input", () => {
    const fields = "{set: x, unset: '${{parent.inputs.word}}'}";
    const text = `command: ls, environment_variables: ${fields}, tags: ${fields}, properties: ${fields}`;
    const inputs = "{word: {type: string, optional: true}}";
    const job = loaded(`type: pipeline\ninputs: ${inputs}\njobs:\n  a: {${text}}\n`);
    expect(job.problems).toEqual([]);
    const left = { set: "x" };
    expect(job.graph?.steps[0]).toMatchObject({ tags: left, properties: left });
    expect(job.graph?.steps[0]?.environmentVariables).toEqual(left);
    expect(job.graph?.steps[0]?.tags).toEqual(left);
  });

  it("is held to its type when the value is filled in", () => {
    expect(told('command: ls, reuse: "${{parent.inputs.word}}"')).toEqual([
      ["4:27", "`reuse` cannot be `nonsense`", "Use one of `auto`, `never`. Or `{max_age: …}`."],
    ]);
    expect(told('command: ls, retry: {max_retries: "${{parent.inputs.word}}"}')).toEqual([
      ["4:41", "`max_retries` must be an integer, not `nonsense`", "Write digits, like 20."],
    ]);
  });

  it("takes no other reference: it had no effect", () => {
    expect(told('command: ls, limits: {timeout: "${{inputs.n}}"}')).toEqual([
      ["4:38", "`timeout` must be an integer, not `${{inputs.n}}`", ONLY_PARENT],
    ]);
    expect(told('command: ls, display_name: "${{name}}"')).toEqual([]);
  });

  it("of a data transfer is held to it too, so that its plan knows what it does", () => {
    expect(told('type: data_transfer, task: "${{}}"')).toEqual([
      ["4:34", "`task` cannot be `${{}}`", ONLY_PARENT],
    ]);
  });
});
