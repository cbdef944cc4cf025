// Writes what the documents take from the program: README's transcript of the demo, the references of commands, of the SDK and of the library, what a
// guide shows. The
// tests that hold them to the truth do the writing when they are asked to.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
const done = spawnSync(
  process.execPath,
  [
    vitest,
    "run",
    "src/testing/transcript.test.ts",
    "src/testing/command-reference.test.ts",
    "src/testing/file-reference.test.ts",
    "src/testing/sdk-reference.test.ts",
    "src/testing/looking-guide.test.ts",
    "src/testing/library-reference.test.ts",
  ],
  { cwd: root, stdio: "inherit", env: { ...process.env, STEPWELL_WRITE_DOCS: "1" } },
);
process.exit(done.status ?? 1);
