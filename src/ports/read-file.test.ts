import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readText, textOrNull } from "./read-file.ts";

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-read-"));
  fs.writeFileSync(at("file"), "ä\n");
  execFileSync("mkfifo", [at("pipe")]);
  fs.symlinkSync("pipe", at("link to pipe"));
  fs.symlinkSync("/dev/zero", at("device"));
  fs.symlinkSync("/dev/null", at("nothing"));
  fs.symlinkSync("nowhere", at("dangling"));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const codeOf = (name: string): unknown => {
  try {
    return readText(at(name));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return [code, message];
  }
};

describe("what stands where a file belongs", () => {
  it("is read where it is a file, and /dev/null is an empty one", () => {
    expect([codeOf("file"), codeOf("nothing")]).toEqual(["ä\n", ""]);
  });

  it.each([
    ["pipe", "EFTYPE", "it is a pipe, not a file"],
    ["link to pipe", "EFTYPE", "it is a pipe, not a file"],
    ["device", "EFTYPE", "it is a device, not a file"],
    [".", "EISDIR", "it is a folder, not a file"],
  ])("is neither waited for nor read without end: %s", (name, code, message) => {
    expect(codeOf(name)).toEqual([code, message]);
  });

  it("is nothing for who does not ask why", () => {
    expect([textOrNull(at("file")), textOrNull(at("pipe")), textOrNull(at("dangling"))]).toEqual([
      "ä\n",
      null,
      null,
    ]);
  });

  it("is told as missing where a link leads nowhere", () => {
    expect(codeOf("dangling")).toEqual(["ENOENT", expect.any(String)]);
  });

  it("is no file either where a program listens", async () => {
    const server = net.createServer().listen(at("socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect(codeOf("socket")).toEqual(["EFTYPE", "it is a socket or a device, not a file"]);
    server.close();
  });
});

describe("a pipe that the shell has opened", () => {
  /** A program that prints what is read of standard input, twice. */
  const reader = (): readonly string[] => {
    const module = path.join(import.meta.dirname, "read-file.ts");
    const built = at("read-file.mjs");
    const esbuild = path.resolve(import.meta.dirname, "../../node_modules/.bin/esbuild");
    execFileSync(esbuild, [module, "--format=esm", `--outfile=${built}`, "--log-level=error"]);
    const script = `import { readText, textOrNull } from ${JSON.stringify(built)}; console.log(readText("/dev/stdin") + readText("/dev/stdin"));`;
    return [process.execPath, "--input-type=module", "-e", script];
  };

  it("is read once and known from then on", () => {
    const [program = "", ...words] = reader();
    const said = execFileSync(program, words, { input: "ab", encoding: "utf8" });
    expect(said).toBe("abab\n");
  });

  it("is waited for also where whoever opened it asked not to wait", () => {
    const driver = `import os, select, subprocess, sys, time
read, write = os.pipe()
os.set_blocking(read, False)
child = subprocess.Popen(sys.argv[1:], stdin=read)
os.write(write, b"a")
while child.poll() is None and select.select([read], [], [], 0)[0]:
    time.sleep(0.05)
time.sleep(0.1)
os.write(write, b"b")
os.close(write)
sys.exit(child.wait())`;
    const said = execFileSync("python3", ["-c", driver, ...reader()], { encoding: "utf8" });
    expect(said).toBe("abab\n");
  });
});
