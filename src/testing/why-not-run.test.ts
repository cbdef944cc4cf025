import { expect, it, onTestFinished } from "vitest";
import { makeRig } from "./rig.ts";

it("why says what ended a step before it began", () => {
  const rig = makeRig("why-not-run");
  onTestFinished(() => rig.remove());
  const text = "type: pipeline\njobs: {a: {command: 'echo ${{inputs.n}}', inputs: {n: 1}}}\n";
  rig.write("pipeline.yml", text);
  expect(rig.cli("run", "pipeline.yml").code).toBe(0);
  const other = ["--set", "jobs.a.inputs.n=2", "--name", "stopped"];
  expect(rig.cli("run", "pipeline.yml", "--only-cached", ...other).code).toBe(1);
  const why = rig.cli("why", "stopped", "a").stdout;
  expect(why).toMatch(
    /^a did not run: step a would run: parameter n 1 → 2\nnot compared with \S+: /,
  );
  expect(why).toContain("it failed before it began");
  expect(why).not.toContain("its turn did not come");
});
