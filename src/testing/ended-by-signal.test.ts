import { afterAll, beforeAll, expect, it } from "vitest";
import { makeRig, type Rig } from "./rig.ts";

// A step that a signal ended says which: in the JSON of its attempts, in its error, and to a person.

let rig: Rig;

beforeAll(() => {
  rig = makeRig("ended-by-signal");
  rig.write("job.yml", "type: command\ncompute: local\ncommand: kill -SEGV $$\n");
});

afterAll(() => rig.remove());

it("tells its name", () => {
  const ended = rig.cli("run", "job.yml", "--json");
  const [step] = JSON.parse(ended.stdout).steps;
  expect([ended.code, step.attempts]).toMatchObject([
    1,
    [{ status: "Failed", exitCode: null, signal: "SIGSEGV", reason: "signal" }],
  ]);
  expect(step.error).toMatchObject({
    code: "killed",
    message: expect.stringContaining("was killed by signal SIGSEGV"),
  });
  expect(rig.cli("show", "last", ".").stdout).toContain("attempt 1 Failed, signal SIGSEGV, ");
});

it("one that ended by itself has none", () => {
  const [step] = rig.run("run", "job.yml", "--set", "command=exit 3").steps;
  expect(step?.attempts).toMatchObject([{ exitCode: 3, signal: null, reason: "exited" }]);
});
