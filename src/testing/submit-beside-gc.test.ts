import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, onTestFinished } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";

// What a run is about to name lies in the workspace for long: `gc` must not take it while the run is submitted.

let rig: Rig;

afterEach(() => rig.remove());

/** Who the environment is takes as long to tell as the test wants. */
function slowPython(): void {
  rig.write(
    "python",
    `#!/bin/sh\necho asked >> "${rig.at("ledger")}"\nuntil [ -e "${rig.at("go")}" ]; do sleep 0.05; done\nexec python3 "$@"\n`,
  );
  fs.chmodSync(rig.at("python"), 0o755);
}

function makeOld(folder: string): void {
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" }))
    fs.utimesSync(`${folder}/${name}`, 1_000_000, 1_000_000);
}

/** Submits it, and removes what no run needs meanwhile. */
async function runBesideGc(file: string): Promise<readonly [number | null, string]> {
  const run = rig.start("run", file, "--name", "one");
  await eventually(() => rig.peek().includes("asked"), "the run asks for its environment");
  expect(rig.cli("gc").code).toBe(0);
  rig.write("go", "");
  return [await exited(run), rig.cli("logs", "one").stdout];
}

it("code that an earlier plan has left stays while a run of it is submitted", async () => {
  rig = makeRig("beside-gc");
  rig.write("code/a.txt", "a\n");
  slowPython();
  rig.write(
    "job.yml",
    "type: command\ncompute: local\ncode: code\ncommand: cat a.txt\nenvironment: {python: ./python}\n",
  );
  rig.write("plain.yml", "type: command\ncompute: local\ncode: code\ncommand: cat a.txt\n");
  rig.write("first.yml", "type: command\ncompute: local\ncommand: echo\n");
  for (const words of ["run first.yml", "plan plain.yml"])
    expect(rig.cli(...words.split(" ")).code).toBe(0);
  makeOld(rig.at(".stepwell/code"));
  expect(await runBesideGc("job.yml")).toEqual([0, "a\n"]);
});

it("so does what an earlier plan has brought from an address, and is still the same there", async () => {
  rig = makeRig("beside-gc");
  const server = http.createServer((_, response) => {
    response.setHeader("last-modified", "Mon, 01 Jan 2001 00:00:00 GMT");
    response.end("b\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  slowPython();
  const job = `type: command\ncompute: local\ncommand: cat \${{inputs.d}}\ninputs: {d: {type: uri_file, path: "http://127.0.0.1:${port}/b.txt"}}\n`;
  rig.write("job.yml", `${job}environment: {python: ./python}\n`);
  rig.write("plain.yml", job);
  rig.write("first.yml", "type: command\ncompute: local\ncommand: echo\n");
  rig.write("stepwell.yml", "keep: reference\n");
  for (const words of ["run first.yml", "plan plain.yml"])
    expect(await exited(rig.start(...words.split(" ")))).toBe(0);
  makeOld(rig.at(".stepwell/downloads"));
  expect(await runBesideGc("job.yml")).toEqual([0, "b\n"]);
});
