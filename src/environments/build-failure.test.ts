import { expect, it } from "vitest";
import { buildFailure } from "./build-failure.ts";

const recipe = { label: "sklearn-1.0", pythonVersion: "3.12.1" };

it("is none where uv ended well", () => {
  expect(buildFailure(recipe, { exitCode: 0, stderr: "Installed 3 packages" })).toBeNull();
});

it.each([
  ["  × Failed to build `scikit-learn==1.0.2`", "no scikit-learn 1.0.2", '"sklearn-1.0"'],
  ["  × Failed to download and build `pyyaml==5.4.1`", "no pyyaml 5.4.1", '["pyyaml", …]'],
])("names the package of %j, however long its compiler went on", (line, named, wayOut) => {
  const stderr = [line, ...Array.from({ length: 40 }, (_, at) => `line ${at}`)].join("\n");
  const failure = buildFailure(recipe, { exitCode: 1, stderr });
  expect(failure?.message.split("\n")[0]).toContain(named);
  expect(failure?.message).not.toContain("line 3\n");
  expect(failure?.hint).toContain(wayOut);
});

it("says of a full disk what frees it", () => {
  const failure = buildFailure(recipe, { exitCode: 2, stderr: "No space left on device (os 28)" });
  expect(failure).toMatchObject({ code: "environment_disk_full" });
  expect(failure?.hint).toContain("stepwell gc");
});

it("says that uv was killed, and blames no package", () => {
  const failure = buildFailure(recipe, { exitCode: null, signal: "SIGKILL", stderr: "Building x" });
  expect(failure?.message).toBe(
    "The environment sklearn-1.0 cannot be made: uv was killed (SIGKILL).",
  );
  expect(failure?.hint).toContain("memory ran out");
});
