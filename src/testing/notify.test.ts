import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, exited, makeRig, type Rig } from "./rig.ts";

// Who is told when a run ends: a command and a server of this test, in the foreground, detached, and when the engine dies
// between the end of a run and the word of it.

let rig: Rig;
let server: http.Server;
let host: string;
let posted: string[];
/** Whether the server answers. */
let answers: boolean;

beforeEach(async () => {
  rig = makeRig("notify");
  posted = [];
  answers = true;
  server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      posted.push(body);
      if (answers) response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  rig.write("job.yml", "type: command\ncompute: local\ncommand: test ! -e HOME/fail\n");
  rig.write("job.yml", rig.read("job.yml").replace("HOME", rig.folder));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rig.remove();
});

function notify(...entries: readonly string[]): void {
  rig.write("stepwell.yml", `notify:\n${entries.map((entry) => `  - ${entry}\n`).join("")}`);
}

/** Not `rig.cli`: the server of this test must go on meanwhile. */
const run = (...words: readonly string[]): Promise<number | null> =>
  exited(rig.start("run", "job.yml", ...words));

const told = (): readonly string[] =>
  fs.existsSync(rig.at("told")) ? rig.read("told").trim().split(/\s*\n/) : [];

const untold = (): readonly string[] => fs.readdirSync(rig.at(".stepwell/notify/marks"));

const COMMAND = `command: 'echo "$STEPWELL_RUN $STEPWELL_STATUS $STEPWELL_FAILED_STEP" >> told; cat > body.json'`;

describe("notify", () => {
  it("lets whoever presses Ctrl-C leave with the run's own end, and tells the rest later", async () => {
    answers = false;
    notify(`{on: [failed, succeeded], webhook: "http://${host}/"}`);
    const child = rig.start("run", "job.yml", "--name", "good");
    await eventually(() => posted.length === 1, "the webhook is being told");
    child.kill("SIGINT");
    expect(await exited(child)).toBe(0);
    answers = true;
    expect(await run("--name", "next")).toBe(0);
    expect(posted.map((body) => JSON.parse(body).run).sort()).toEqual(["good", "good", "next"]);
    expect(untold()).toEqual([]);
  });

  it("keeps no run of --each waiting until somebody is told of the one before, nor whoever presses Ctrl-C at the end", async () => {
    answers = false;
    notify(`{on: [failed, succeeded], webhook: "http://${host}/"}`);
    const told = (name: string): number =>
      posted.filter((body) => JSON.parse(body).run === name).length;
    const { child, said } = rig.watch(
      {},
      ...["run", "job.yml", "--each", "tags.n=1,2", "--max-concurrent", "1"],
    );
    await eventually(() => told("job-2") > 0, "the second run has ended");
    // Four times, and then it would be given up.
    expect(told("job-1")).toBeLessThan(4);
    await eventually(() => said().includes("job-2 Completed"), "its end is seen");
    child.kill("SIGINT");
    expect(await exited(child)).toBe(0);
    expect(told("job-2")).toBeLessThan(4);
    expect(untold()).toEqual(["job-1", "job-2"]);
  });

  it("tells commands and webhooks of the ends that they asked for, once", async () => {
    notify(
      `{on: [failed, succeeded], ${COMMAND}}`,
      `{on: failed, webhook: "http://${host}/s3cret"}`,
    );
    expect(await run("--name", "good")).toBe(0);
    expect([told(), posted]).toEqual([["good Completed"], []]);
    rig.write("fail", "");
    expect(await run("--name", "bad", "--force")).toBe(1);
    expect(told()).toEqual(["good Completed", "bad Failed ."]);
    expect(posted).toHaveLength(1);
    const body = JSON.parse(posted[0] ?? "");
    expect(body).toMatchObject({
      schema: 1,
      event: "run_ended",
      run: "bad",
      status: "Failed",
      failed: [{ step: ".", message: "step . ended with exit code 1" }],
    });
    expect(JSON.parse(rig.read("body.json"))).toEqual(body);
    expect(untold()).toEqual([]);
    // Resuming what has ended tells nobody again.
    await exited(rig.start("run", "--resume", "bad"));
    expect(posted).toHaveLength(1);
  });

  it("tells of a detached run too", async () => {
    notify(`{on: succeeded, webhook: "http://${host}/"}`);
    expect(await run("--detach", "--name", "far")).toBe(0);
    await eventually(
      () => posted.length > 0 && untold().length === 0,
      "the detached run is told of",
    );
    expect(posted.map((body) => JSON.parse(body).run)).toEqual(["far"]);
  });

  it("is made up for by the next engine when one dies between the end and the word of it", async () => {
    notify(`{on: succeeded, webhook: "http://${host}/"}`, `{on: succeeded, ${COMMAND}}`);
    const first = rig.startWith(
      { STEPWELL_CRASH_AT: "before-notify:1" },
      "run",
      "job.yml",
      "--name",
      "one",
    );
    await exited(first);
    expect([first.signalCode, posted, untold()]).toEqual(["SIGKILL", [], ["one"]]);
    expect(await run("--name", "two")).toBe(0);
    expect(posted.map((body) => JSON.parse(body).run).sort()).toEqual(["one", "two"]);
    expect([...told()].sort()).toEqual(["one Completed", "two Completed"]);
    expect(untold()).toEqual([]);
  });

  it("may come twice when an engine dies while it tells, and only from the entry that was open", async () => {
    notify(`{on: succeeded, ${COMMAND}}`, `{on: succeeded, webhook: "http://${host}/"}`);
    answers = false;
    const first = rig.start("run", "job.yml", "--name", "one");
    const marked = (): boolean => rig.read(".stepwell/notify/marks/one") === "0\n";
    await eventually(
      () => posted.length === 1 && marked(),
      "the command is done, the server asked",
    );
    first.kill("SIGKILL");
    await exited(first);
    answers = true;
    notify(`{on: succeeded, ${COMMAND}}`, `{on: succeeded, webhook: "http://${host}/"}`);
    expect(await run("--name", "two")).toBe(0);
    expect(posted.map((body) => JSON.parse(body).run).sort()).toEqual(["one", "one", "two"]);
    expect([...told()].sort()).toEqual(["one Completed", "two Completed"]);
  });

  it("that fails is a warning without the address, and the run stays as it ended", async () => {
    notify(
      `{on: succeeded, command: "echo no https://x.org/s3cret >&2; exit 4"}`,
      `{on: failed, webhook: "http://${host}/s3cret"}`,
    );
    const { child, said } = rig.watch({}, "run", "job.yml", "--name", "one");
    expect(await exited(child)).toBe(0);
    const problem = "the command of notify entry 1 failed: it ended with exit code 4: no ***";
    expect(said()).toContain(`warning: one ended, but ${problem}`);
    expect(rig.run("show", "one")).toMatchObject({ status: "Completed", warnings: [problem] });
    const holders = fs
      .readdirSync(rig.at(".stepwell"), { recursive: true })
      .map((name) => rig.at(`.stepwell/${name}`))
      .filter((file) => fs.statSync(file).isFile() && fs.readFileSync(file).includes("s3cret"));
    expect(holders).toEqual([]);
  });

  it("shows no address in a complaint about stepwell.yml", () => {
    rig.write("stepwell.yml", `notify: [{on: sometimes, webhook: "https://me:pw@x.org/s3cret"}]\n`);
    const done = rig.cli("run", "job.yml");
    expect(done.code).toBe(4);
    expect(done.stderr).toContain('webhook: "https://*****@x.org/******"');
    expect(done.stderr).not.toContain("s3cret");
    rig.write("stepwell.yml", "notify: [{on: failed, webhook: s3cret}]\n");
    expect(rig.cli("run", "job.yml").stderr).toMatch(
      /entry 1 of `notify` has a webhook that is no/,
    );
  });
});
