import { describe, expect, it } from "vitest";
import { programFailure } from "./program-failure.ts";

const words = {
  doing: "The packages cannot be resolved",
  label: "e",
  otherwise: "Change versions.",
};

describe("programFailure", () => {
  it.each([
    ["error: x\n  cause: No space left on device (os error 28)", "Free some space"],
    ["cause: failed to create directory: Read-only file system (os error 30)", "UV_CACHE_DIR"],
    ["cause: failed to read `/dev/null/x`: Not a directory (os error 20)", "UV_CACHE_DIR"],
    ["hint: Packages were unavailable because the network was disabled.", "PIP_INDEX_URL"],
    ["cause: error sending request for url (http://127.0.0.1:9/)", "PIP_INDEX_URL"],
    ["cause: Git operation failed\n  cause: failed to fetch branch", "branch or tag"],
    ["error: Couldn't parse requirement\n  cause: Expected one of `@`", "a line of its own"],
    ["error: Unexpected '\"', expected '-c', '-e', '-r' or the start", "a line of its own"],
    ["cause: Hash mismatch for `six==1.12.0`", "edited by hand"],
    ["Because there is no version of six==99, you require what cannot be", "Change versions."],
  ])("says for %j what to do", (stderr, hint) => {
    expect(programFailure({ stderr }, words).hint).toContain(hint);
  });

  it("says that it was killed, and blames no version", () => {
    const end = { stderr: "Resolved 3 packages", signal: "SIGKILL" };
    expect(programFailure(end, words)).toEqual({
      code: "environment_build_failed",
      message: "The environment e cannot be made: uv was killed (SIGKILL).",
      hint: expect.stringContaining("memory ran out"),
    });
  });
});
