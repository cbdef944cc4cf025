import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  command,
  input,
  openWorkspace,
  output,
  pipeline,
  type Run,
  type RunEvent,
  StepwellError,
  sh,
} from "../sdk/index.ts";

// The real engine and real processes, from sources, in folders of their own.

let folder: string;
beforeAll(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-client-")));
  // Steps of two runs go on at once, also on a machine with one cpu.
  text("stepwell.yml", "computes: {local: {type: local, cpus: 4}}\n");
});
// What watched a step ends a moment after its run.
afterAll(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

const count = command({
  name: "count",
  inputs: { text: input.file(), least: input.integer({ default: 1 }) },
  outputs: { table: output.folder() },
  run: ({ inputs, outputs }) => sh`
    echo counting
    echo '{"name": "words", "value": 3}' >> "$STEPWELL_METRICS"
    (echo word,n; tr ' ' '\n' < ${inputs.text} | sort | uniq -c | awk '$1 >= ${inputs.least} {print $2","$1}') > ${outputs.table}/words.csv`,
});
const total = command({
  name: "total",
  inputs: { table: input.folder() },
  outputs: { report: output.file() },
  run: ({ inputs, outputs }) =>
    sh`printf '{"lines": %s}' "$(tail -n +2 ${inputs.table}/words.csv | wc -l)" > ${outputs.report}`,
});
const words = pipeline(
  { name: "words", inputs: { text: input.file(), least: input.integer({ default: 1 }) } },
  ({ inputs }) => {
    const counted = count({ text: inputs.text, least: inputs.least });
    const { report } = total({ table: counted.outputs.table }).outputs;
    return { table: counted.outputs.table, report };
  },
);
const failing = pipeline({ name: "failing" }, () => {
  command({ name: "broken", run: "echo about to break; exit 3" })();
});
const waits = command({ name: "waits", outputs: { never: output.file() }, run: "sleep 600" });
const slow = pipeline({ name: "slow" }, () => ({ never: waits().outputs.never }));

function text(name: string, body: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, body);
  return file;
}

async function refusal(work: Promise<unknown>): Promise<StepwellError> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StepwellError);
  return error as StepwellError;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("a run that was submitted from code", () => {
  let run: Run<{ table: never; report: never }>;
  const options = () => ({ workspace: folder, inputs: { text: path.join(folder, "a.txt") } });
  beforeAll(async () => {
    text("a.txt", "red green red");
    const made = await words.submit({ ...options(), tags: { team: "x" }, experiment: "trial" });
    run = made as never;
    expect((await made.wait()).status).toBe("Completed");
  });

  it("says how it ended, as `show --json` does", async () => {
    expect(await run.status()).toBe("Completed");
    const report = await run.show();
    expect(report.steps.map((step) => [step.name, step.reuse.decision])).toEqual([
      ["count", "ran"],
      ["total", "ran"],
    ]);
    expect(report.experiment).toBe("trial");
  });

  it("gives its outputs as paths, texts, JSON, records and copies", async () => {
    const { table, report } = run.outputs;
    expect(fs.readdirSync(await table.path())).toEqual(["words.csv"]);
    expect(await report.json()).toEqual({ lines: 2 });
    expect(await table.rows()).toEqual([
      { word: "green", n: 1 },
      { word: "red", n: 2 },
    ]);
    expect(await table.text("words.csv")).toBe("word,n\ngreen,1\nred,2\n");
    const copy = await table.download(path.join(folder, "copies"));
    expect(fs.readFileSync(path.join(copy, "words.csv"), "utf8")).toContain("red,2");
    expect(await run.output("total.report").text()).toBe('{"lines": 2}');
    expect(Object.keys(run.outputs)).toEqual(["table", "report"]);
  });

  it("says of an output that is not there what there is", async () => {
    const error = await refusal(run.output("tabel").path());
    expect(error.code).toBe("unknown_output");
    expect(error.hint).toContain("table, report");
    expect((await refusal(run.outputs.table.text())).code).toBe("is_folder");
    expect((await refusal(run.outputs.table.text("../../x"))).code).toBe("outside_output");
    expect((await refusal(run.outputs.table.text("none.csv"))).hint).toContain("words.csv");
    expect((await refusal(run.outputs.table.json("words.csv"))).code).toBe("not_json");
  });

  it("has metrics by step, and logs", async () => {
    expect(await run.metrics()).toEqual({ count: { words: 3 } });
    expect(await run.metrics("count")).toEqual({ words: 3 });
    expect((await refusal(run.metrics("nope"))).hint).toContain("count, total");
    expect(await run.logs("count")).toBe("counting\n");
    expect(await all(run.followLogs("count"))).toEqual([
      { step: "count", attempt: 1, text: "counting" },
    ]);
    expect((await refusal(run.logs("nope"))).code).toBe("unknown_step");
  });

  it("tells what happened, in order, from where one likes", async () => {
    const events = await all(run.events());
    const kinds = events.map(({ kind }) => kind);
    expect(kinds).toEqual([
      "run_started",
      "step_started",
      "step_completed",
      "step_started",
      "step_completed",
      "run_ended",
    ]);
    const last = events.at(-1) as RunEvent;
    expect(await all(run.events({ after: last.number - 1 }))).toEqual([last]);
  });

  it("is reused by the next one, which says why; and a plan says so before", async () => {
    const plan = await words.plan(options());
    expect(plan.counts).toEqual({ run: 0, reuse: 2, depends: 0, skip: 0 });
    const again = await words.submit(options());
    const events = await all(again.events());
    expect(events.filter(({ kind }) => kind === "step_reused")).toHaveLength(2);
    await again.wait();
    const why = await again.why("count");
    expect(why.decision).toBe("reused");
    expect(why.reason?.kind).toBe("unchanged");
  });

  it("runs again where it is forced, and only there", async () => {
    const again = await words.submit({ ...options(), force: ["total"] });
    const { steps } = await again.wait();
    expect(steps.map((step) => step.reuse.decision)).toEqual(["reused", "ran"]);
  });

  it("is run again as it was, or with other values", async () => {
    const same = await run.rerun();
    expect((await same.wait()).steps.map((step) => step.reuse.decision)).toEqual([
      "reused",
      "reused",
    ]);
    const other = await run.rerun({ set: { "inputs.least": 2 } });
    await other.wait({ throwOnFailure: true });
    expect(await other.outputs.table.rows()).toEqual([{ word: "red", n: 2 }]);
    const from = await other.rerun({ from: "total", force: ["total"] });
    expect((await from.wait()).steps.map((step) => step.reuse.decision)).toEqual(["reused", "ran"]);
  });

  it("is found again by name, tag and word, and knows its outputs by name", async () => {
    const ws = await openWorkspace(folder);
    try {
      const named = await all(ws.runs({ experiment: "trial", tag: ["team", "x"] }));
      expect(named.map(({ name }) => name)).toContain(run.name);
      expect(await all(ws.runs({ status: "Failed", experiment: "trial" }))).toEqual([]);
      expect(await all(ws.runs({ limit: 2 }))).toHaveLength(2);
      const found = await ws.run(run.name);
      expect(await found.outputs.report?.json()).toEqual({ lines: 2 });
      expect((await ws.run("last")).name).not.toBe("");
      const error = await refusal(found.rerun({ set: { "inputs.least": 2 } }));
      expect(error.code).toBe("no_definition");
      expect((await refusal(ws.run("nothing"))).code).toBe("unknown_run");
    } finally {
      await ws.close();
    }
  });
});

describe("what goes wrong", () => {
  it("in a definition is told all at once, with its places", async () => {
    const given = { workspace: folder, inputs: { least: "many" } } as never;
    const error = await refusal(words.submit(given));
    expect(error.code).toBe("invalid_definition");
    expect(error.findings.map(({ code }) => code)).toContain("missing_input");
    expect(error.findings.length).toBeGreaterThan(1);
    const findings = await words.validate(given);
    expect(findings.map(({ code }) => code)).toEqual(error.findings.map(({ code }) => code));
    const places = error.findings.map(({ position }) => position?.file);
    expect(places).toContain(import.meta.filename);
    expect((await refusal(words.plan(given))).code).toBe("invalid_definition");
  });

  it("in an input is told before anything is asked", async () => {
    const wrong = { workspace: folder, inputs: { text: "x", least: Number.NaN } };
    expect((await refusal(words.submit(wrong))).message).toContain("input `least` is NaN");
  });

  it("in a step gives a failed run, or an error where that is wanted", async () => {
    const run = await failing.submit({ workspace: folder });
    const ended = await run.wait();
    expect(ended.status).toBe("Failed");
    expect(ended.steps[0]?.error?.logTail).toEqual(["about to break"]);
    const error = await refusal(run.wait({ throwOnFailure: true }));
    expect(error.code).toBe("run_failed");
    expect(error.message).toContain("about to break");
  });

  it("with a name or a priority says so", async () => {
    const run = await failing.submit({ workspace: folder, name: "mine" });
    await run.wait();
    expect((await refusal(failing.submit({ workspace: folder, name: "mine" }))).code).toBe(
      "name_taken",
    );
    const wrong = failing.submit({ workspace: folder, priority: 11 });
    expect((await refusal(wrong)).message).toContain("from -10 to 10");
    const nowhere = failing.submit({ workspace: path.join(folder, "nowhere") });
    expect((await refusal(nowhere)).code).toBe("no_such_workspace");
  });

  it("with the place of a call: in a step, or while a module is read", async () => {
    for (const [variable, code] of [
      ["STEPWELL_ATTEMPT", "inside_step"],
      ["STEPWELL_READING", "while_reading"],
    ] as const) {
      process.env[variable] = "/some/where.ts";
      try {
        expect(() => failing.submit()).toThrow(expect.objectContaining({ code }));
        expect(() => failing.plan()).toThrow(expect.objectContaining({ code }));
        expect((await refusal(openWorkspace(folder))).code).toBe(code);
      } finally {
        delete process.env[variable];
      }
    }
  });
});

describe("a run that is stopped", () => {
  const isRunning = async (run: Run): Promise<void> => {
    for await (const { kind } of run.events()) if (kind === "step_started") return;
  };

  it("by a cancel is Canceled, and says so to everyone", async () => {
    const run = await slow.submit({ workspace: folder });
    await isRunning(run);
    expect(await run.cancel()).toBe("Canceled");
    expect((await run.wait()).status).toBe("Canceled");
    expect(await run.cancel()).toBe("Canceled");
    const error = await refusal(run.wait({ throwOnFailure: true }));
    expect(error.code).toBe("run_canceled");
  });

  it("by the signal of its wait is Canceled when the wait resolves", async () => {
    const run = await slow.submit({ workspace: folder });
    const control = new AbortController();
    const waiting = run.wait({ signal: control.signal });
    await isRunning(run);
    control.abort();
    expect((await waiting).status).toBe("Canceled");
  });

  it("by the signal of its submit is Canceled, or was never submitted", async () => {
    const control = new AbortController();
    const run = await slow.submit({ workspace: folder, signal: control.signal });
    await isRunning(run);
    control.abort();
    expect((await run.wait()).status).toBe("Canceled");
    await expect(slow.submit({ workspace: folder, signal: control.signal })).rejects.toThrow(
      "aborted",
    );
  });

  it("can be left by whoever follows it", async () => {
    const run = await slow.submit({ workspace: folder });
    const control = new AbortController();
    const following = all(run.events({ signal: control.signal }));
    await isRunning(run);
    control.abort();
    const kinds = (await following).map(({ kind }) => kind);
    expect(kinds).not.toContain("run_ended");
    expect(await run.status()).toBe("Running");
    await run.cancel({ kill: true });
  });
});

describe("several runs of one process", () => {
  it("go on side by side, and each has its end", async () => {
    const started = await Promise.all(
      ["one two", "one two three", "four"].map((body, index) =>
        words.submit({ workspace: folder, inputs: { text: text(`many-${index}.txt`, body) } }),
      ),
    );
    const ended = await Promise.all(started.map((run) => run.wait()));
    expect(ended.map(({ status }) => status)).toEqual(["Completed", "Completed", "Completed"]);
    const lines = await Promise.all(started.map((run) => run.outputs.report.json()));
    expect(lines).toEqual([{ lines: 2 }, { lines: 3 }, { lines: 1 }]);
  });

  it("go on when the one that was first has its end", async () => {
    const first = await slow.submit({ workspace: folder });
    const second = await slow.submit({ workspace: folder, force: true });
    for await (const { kind } of second.events()) if (kind === "step_started") break;
    await first.cancel();
    expect(await second.status()).toBe("Running");
    expect(await second.cancel()).toBe("Canceled");
  });
});

describe("what is registered", () => {
  it("is data and models by name and version that never change their meaning", async () => {
    const ws = await openWorkspace(folder);
    try {
      const file = text("iris.csv", "a,b\n1,2\n");
      const made = await ws.data.register({ name: "iris", path: file, version: "1" });
      expect(made).toMatchObject({ outcome: "created", name: "iris", version: "1" });
      const again = await ws.data.register({ name: "iris", path: file, version: "1" });
      expect(again.outcome).toBe("same");
      text("iris.csv", "a,b\n3,4\n");
      const error = await refusal(ws.data.register({ name: "iris", path: file, version: "1" }));
      expect(error.code).toBe("asset_version_conflict");
      expect(error.hint).toContain("the next free version is 2");
      expect((await ws.data.register({ name: "iris", path: file })).version).toBe("2");
      expect((await all(ws.data.list("iris"))).map(({ version }) => version).sort()).toEqual([
        "1",
        "2",
      ]);
      expect((await ws.data.get("iris:1")).contentId).toBe(made.contentId);
      expect((await refusal(ws.data.get("rose"))).code).toBe("unknown_asset");
      const model = await ws.models.register({ name: "trees", path: file });
      expect((await ws.models.get("trees")).contentId).toBe(model.contentId);
    } finally {
      await ws.close();
    }
  });

  it.each([
    [undefined, "what is to be registered is undefined"],
    [{ path: "." }, "`name` is not given"],
    [{ name: "x", path: ".", version: 1 }, "`version` is the number 1, not a text"],
    [{ name: "x", path: ".", version: Number.NaN }, "`version` is the number NaN"],
    [{ name: "x", path: ".", tags: { stage: 3 } }, "the tag `stage` is the number 3"],
    [{ name: "x", path: ".", copied: true }, "no setting `copied`"],
  ])("is refused where nobody compiled %j", async (given, reason) => {
    const ws = await openWorkspace(folder);
    try {
      const error = await refusal(ws.data.register(given as never));
      expect([error.code, error.reason]).toEqual(["wrong_usage", expect.stringContaining(reason)]);
      expect(await refusal(ws.data.get(7 as never))).toMatchObject({ code: "wrong_usage" });
      expect(await refusal(all(ws.data.list({} as never)))).toMatchObject({ code: "wrong_usage" });
      expect(await all(ws.data.list("x"))).toEqual([]);
    } finally {
      await ws.close();
    }
  });

  it("is a step or a pipeline: the same again is nothing new, another under its version is refused", async () => {
    const ws = await openWorkspace(folder);
    try {
      const made = await ws.components.publish(count, { name: "count-words", version: "1" });
      expect(made).toMatchObject({ outcome: "created", name: "count-words", version: "1" });
      const again = await ws.components.publish(count, { name: "count-words", version: "1" });
      expect(again.outcome).toBe("same");
      const taken = ws.components.publish(total, { name: "count-words", version: "1" });
      const error = await refusal(taken);
      expect(error.code).toBe("asset_version_conflict");
      expect(error.hint).toContain("2");
      expect((await ws.components.publish(words)).name).toBe("words");
      const both = [count, total].map((one) => ws.components.publish(one, { version: "at-once" }));
      expect((await Promise.all(both)).map(({ name }) => name)).toEqual(["count", "total"]);
      expect((await ws.components.get("words")).version).toBe("1");
      expect((await refusal(ws.components.publish((() => {}) as never))).code).toBe(
        "not_publishable",
      );
    } finally {
      await ws.close();
    }
  });
});
