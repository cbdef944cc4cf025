// Runs every test and ends with one line that machines read: `N passed, N failed, N skipped`. With --deep also those
// that need root, minutes or a network. Further words choose files, as vitest takes them.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2).filter((word) => word !== "--deep");
const deep = process.argv.includes("--deep");
const place = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-test-"));
const report = path.join(place, "report.json");
const vitest = path.join(root, "node_modules", "vitest", "vitest.mjs");
const done = spawnSync(
  process.execPath,
  [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...words],
  {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, STEPWELL_DEEP: deep ? "1" : "" },
  },
);
const counts = fs.existsSync(report) ? read(report) : { passed: 0, failed: 1, skipped: 0 };
fs.rmSync(place, { recursive: true, force: true });
if (done.status !== 0 && counts.failed === 0) counts.failed = 1;
if (!deep)
  process.stdout.write(
    "skipped aloud: the deep tests (npm run test:deep) need root, minutes or a network\n",
  );
for (const name of counts.names ?? []) process.stdout.write(`skipped: ${name}\n`);
process.stdout.write(
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
);
process.exit(counts.failed > 0 ? 1 : 0);

function read(file) {
  const result = JSON.parse(fs.readFileSync(file, "utf8"));
  const tests = result.testResults.flatMap((suite) => suite.assertionResults);
  const of = (...states) => tests.filter((test) => states.includes(test.status));
  const broken = result.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
  );
  return {
    passed: of("passed").length,
    failed: of("failed").length + broken.length,
    skipped: of("pending", "skipped", "todo").length,
    names: of("pending", "skipped").map((test) => test.fullName),
  };
}
