import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { findUv } from "./uv.ts";

let folder: string;
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

it("is installed once by many who ask at once, and what a killed installation left goes", async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-uv-"));
  const real = execFileSync("python3", ["-c", "import sys; print(sys.executable)"]);
  const cacheFolder = path.join(folder, "cache");
  const left = path.join(cacheFolder, "tools", ".0123456789ab");
  fs.mkdirSync(left, { recursive: true });
  const python = path.join(folder, "bin", "python3");
  fs.mkdirSync(path.dirname(python));
  // A pip that makes a uv and counts how often.
  fs.writeFileSync(
    python,
    `#!/bin/sh
PATH=/usr/bin:/bin
if [ "$1 $2 $3" = "-m pip install" ]; then
  echo once >> "${folder}/installed"; mkdir -p "$6/bin"
  printf '#!/bin/sh\\necho uv 9.9.9\\n' > "$6/bin/uv"; chmod +x "$6/bin/uv"; exit 0
fi
exec ${String(real).trim()} "$@"
`,
    { mode: 0o755 },
  );
  const variables = { PATH: path.dirname(python) };
  const options = { cacheFolder, variables, log: () => {} };
  const found = await Promise.all([findUv(options), findUv(options), findUv(options)]);
  expect(found.map((uv) => "code" in uv)).toEqual([false, false, false]);
  expect(fs.readFileSync(path.join(folder, "installed"), "utf8")).toBe("once\n");
  expect(fs.readdirSync(path.dirname(left))).toEqual(["uv-9.9.9"]);
  // As a power cut may leave it.
  fs.truncateSync(path.join(cacheFolder, "tools", "uv-9.9.9", "bin", "uv"));
  fs.appendFileSync(path.join(cacheFolder, "tools", "uv-9.9.9", "bin", "uv"), "\0\0");
  const again = await findUv(options);
  expect("code" in again ? again : (await again.run(["--version"], "/")).stdout).toBe("uv 9.9.9\n");
  expect(fs.readFileSync(path.join(folder, "installed"), "utf8")).toBe("once\nonce\n");
});

it("says why pip could not install it, and not what pip remarks beside", async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-uv-"));
  const real = execFileSync("python3", ["-c", "import sys; print(sys.executable)"]);
  const python = path.join(folder, "bin", "python3");
  fs.mkdirSync(path.dirname(python));
  fs.writeFileSync(
    python,
    `#!/bin/sh
if [ "$1 $2 $3" = "-m pip install" ]; then
  echo 'ERROR: No matching distribution found for uv' >&2
  echo 'WARNING: Running pip as root' >&2; echo '[notice] A new release of pip is available' >&2; exit 1
fi
exec ${String(real).trim()} "$@"
`,
    { mode: 0o755 },
  );
  const variables = { PATH: path.dirname(python) };
  const found = await findUv({ cacheFolder: path.join(folder, "cache"), variables, log: () => {} });
  expect("message" in found && found.message).toContain(
    "could not be installed: ERROR: No matching distribution found for uv.",
  );
});
