import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exited, makeRig, type Rig } from "./rig.ts";
import { type PostgresServer, startPostgres } from "./servers/postgres.ts";

// Steps of type data_transfer as a user meets them: the real command line, folders and a real PostgreSQL.

const started = await startPostgres();
const server = started as PostgresServer;

let rig: Rig;
beforeEach(() => {
  rig = makeRig("data-transfer");
});
afterEach(() => rig.remove());

const MERGE = `
type: pipeline
jobs:
  merge:
    type: data_transfer
    task: copy_data
    inputs:
      one: {type: uri_folder, path: ./one}
      two: {type: uri_folder, path: ./two}
    outputs:
      all: {type: uri_folder}
  use:
    command: cat $\{{inputs.all}}/x $\{{inputs.all}}/deep/y
    inputs: {all: "$\{{parent.jobs.merge.outputs.all}}"}
`;

function folders(): void {
  rig.write("one/x", "first\n");
  rig.write("one/deep/y", "inside\n");
  rig.write("two/x", "second\n");
}

const decisions = (...words: readonly string[]): Record<string, string> => {
  const plan = JSON.parse(rig.cli("plan", ...words, "--json").stdout) as {
    steps: { name: string; decision: string; reason: { detail: string } }[];
  };
  return Object.fromEntries(
    plan.steps.map((step) => [step.name, `${step.decision}: ${step.reason.detail}`]),
  );
};

describe.skipIf("missing" in started)("a datastore of tables", () => {
  it("is checked by asking it, and its password is told apart from none", () => {
    const { port, definition } = server;
    const file = (password: string): string =>
      `name: shop\ntype: postgres\nhost: 127.0.0.1\nport: ${port}\ndatabase: postgres\nuser: ${definition.user}\ncredentials: {password: ${JSON.stringify(password)}}\n`;
    const environment = { XDG_CONFIG_HOME: rig.at("config") };
    const check = (password: string) => {
      rig.write("shop.yml", file(password));
      rig.cliWith(environment, "datastore", "create", "shop.yml");
      return rig.cliWith(environment, "datastore", "check", "shop");
    };
    const { credentials } = definition;
    const right = credentials.kind === "password" ? credentials.password : "";
    expect(check(right).stdout).toContain("gives rows of queries");
    const wrong = check("canary-5e5e");
    expect([wrong.code, wrong.stderr.includes("canary-5e5e")]).toEqual([1, false]);
  });

  it.each(["XDG_CONFIG_HOME", "STEPWELL_SECRET_KEY"])(
    "is opened by a step with the key that %s says",
    (variable) => {
      const { port, definition } = server;
      const value = variable === "XDG_CONFIG_HOME" ? rig.at("other-config") : "ab".repeat(32);
      const { credentials, user } = definition;
      const password = credentials.kind === "password" ? credentials.password : "";
      rig.write(
        "keyed.yml",
        `name: keyed\ntype: postgres\nhost: 127.0.0.1\nport: ${port}\ndatabase: postgres\nuser: ${user}\ncredentials: {password: ${JSON.stringify(password)}}\n`,
      );
      rig.write(
        "import.yml",
        'type: data_transfer\ntask: import_data\nsource: {type: database, connection: keyed, query: "SELECT 1 AS one"}\noutputs: {sink: {type: uri_folder}}\n',
      );
      const cli = (...words: readonly string[]) => rig.cliWith({ [variable]: value }, ...words);
      expect(cli("datastore", "create", "keyed.yml").code).toBe(0);
      const { code, stderr } = cli("run", "import.yml");
      expect([code, stderr]).toEqual([0, expect.any(String)]);
    },
  );
});

describe("copy_data", () => {
  it("merges inputs in their order, is reused, and runs again when one changed", () => {
    folders();
    rig.write("p.yml", MERGE);
    expect(rig.cli("run", "p.yml").code).toBe(0);
    expect(rig.cli("logs", "use").stdout).toBe("second\ninside\n");
    expect(rig.cli("logs", "merge").stdout).toContain("one: 2 files, 13 bytes");
    expect(decisions("p.yml").merge).toBe("reuse: unchanged since p-1");
    rig.write("two/x", "third\n");
    expect(decisions("p.yml").merge).toContain("run: ");
    rig.cli("run", "p.yml");
    expect(rig.cli("logs", "use").stdout).toBe("third\ninside\n");
  });

  it("fails when two inputs have the same file and says which", () => {
    folders();
    rig.write(
      "p.yml",
      MERGE.replace("copy_data\n", "copy_data\n    data_copy_mode: fail_if_conflict\n"),
    );
    const { code, stderr } = rig.cli("run", "p.yml");
    expect(code).toBe(1);
    expect(stderr).toContain("input two: an input before it has the same files: x");
    expect(stderr).toContain("data_copy_mode: merge_with_overwrite");
  });

  it("reads the mode of a component, and copies one file to one file by itself", () => {
    folders();
    rig.write(
      "merge.yml",
      "type: data_transfer\nname: merge\ntask: copy_data\ndata_copy_mode: fail_if_conflict\ninputs:\n  one: {type: uri_folder}\n  two: {type: uri_folder}\noutputs:\n  all: {type: uri_folder}\n",
    );
    const inline = "    task: copy_data\n";
    const text = MERGE.replace(inline, "    component: ./merge.yml\n").replace(
      "    outputs:\n      all: {type: uri_folder}\n",
      "",
    );
    rig.write("p.yml", text);
    expect(rig.cli("run", "p.yml").stderr).toContain("an input before it has the same files");
    rig.write(
      "job.yml",
      "type: data_transfer\ntask: copy_data\ninputs:\n  file: {type: uri_file, path: ./one/x}\noutputs:\n  copy: {type: uri_file, path: ./copied}\n",
    );
    expect(rig.cli("run", "job.yml").code).toBe(0);
    expect(rig.read("copied")).toBe("first\n");
  });

  it("goes to a place of the user's among what is there, or not over it", () => {
    folders();
    rig.write("dest/kept", "theirs");
    const job = (mode: string): void =>
      rig.write(
        "job.yml",
        `type: data_transfer\ntask: copy_data\ndata_copy_mode: ${mode}\ninputs:\n  one: {type: uri_folder, path: ./one}\noutputs:\n  all: {type: uri_folder, path: ./dest}\n`,
      );
    job("fail_if_conflict");
    for (const again of [1, 2]) expect([again, rig.cli("run", "job.yml").code]).toEqual([again, 0]);
    expect(fs.readdirSync(rig.at("dest")).sort()).toEqual(["deep", "kept", "x"]);
    rig.write("one/x", "other\n");
    const { code, stderr } = rig.cli("run", "job.yml");
    expect([code, stderr]).toEqual([1, expect.stringContaining("because x is there already")]);
    expect(rig.read("dest/x")).toBe("first\n");
    job("merge_with_overwrite");
    expect(rig.cli("run", "job.yml").code).toBe(0);
    expect([rig.read("dest/x"), rig.read("dest/kept")]).toEqual(["other\n", "theirs"]);
  });

  it("does not run again because of another Python", () => {
    folders();
    rig.write("p.yml", MERGE);
    rig.cli("run", "p.yml");
    fs.mkdirSync(rig.at("bin"));
    rig.write("bin/python3", "#!/bin/sh\nexit 1\n");
    rig.write("bin/python", "#!/bin/sh\nexit 1\n");
    for (const name of ["python", "python3"]) fs.chmodSync(rig.at(`bin/${name}`), 0o755);
    const env = { PATH: `${rig.at("bin")}:${process.env.PATH}` };
    expect(rig.cliWith(env, "plan", "p.yml").stdout).toMatch(/reuse +merge/);
  });
});

describe("files of datastores", () => {
  beforeEach(() => {
    folders();
    fs.mkdirSync(rig.at("there"));
    rig.write("stepwell.yml", "datastores:\n  there: {type: file, path: ./there}\n");
  });
  const job = (text: string): void => rig.write("job.yml", `type: data_transfer\n${text}`);

  it("are imported by what is there, and again when it changed", () => {
    rig.write("there/in/a", "1");
    job(
      "task: import_data\nsource: {type: file_system, connection: azureml:there, path: in}\noutputs:\n  sink: {type: uri_folder}\n",
    );
    const run = rig.run("run", "job.yml");
    expect(run.status).toBe("Completed");
    expect(rig.read(`.stepwell/store/azureml/${run.name}/_/sink/a`)).toBe("1");
    expect(rig.cli("plan", "job.yml").stdout).toContain("0 to run, 1 to reuse");
    rig.write("there/in/b", "2");
    expect(rig.cli("plan", "job.yml").stdout).toContain("1 to run");
  });

  it("are exported, and not over what is there where that is not wanted", () => {
    const sink = (mode: string): string =>
      `task: export_data\ninputs:\n  source: {type: uri_folder, path: ./one}\nsink: {connection: there, path: out/here, data_copy_mode: ${mode}}\n`;
    job(sink("fail_if_conflict"));
    expect(rig.cli("run", "job.yml").code).toBe(0);
    expect(rig.read("there/out/here/deep/y")).toBe("inside\n");
    rig.write("one/x", "other\n");
    const { code, stderr } = rig.cli("run", "job.yml");
    expect(code).toBe(1);
    expect(stderr).toContain("out/here: nothing was moved, because deep/y, x are there already");
    expect(rig.read("there/out/here/x")).toBe("first\n");
    job(sink("merge_with_overwrite"));
    expect(rig.cli("run", "job.yml").code).toBe(0);
    expect(rig.read("there/out/here/x")).toBe("other\n");
  });

  it("are not exported to where a file or a folder is in the way, which is said", () => {
    job(
      "task: export_data\ninputs:\n  source: {type: uri_folder, path: ./one}\nsink: {connection: there, path: out}\n",
    );
    rig.write("there/out", "mine");
    expect(rig.cli("run", "job.yml").stderr).toContain("part of the path is a file here");
    expect(rig.read("there/out")).toBe("mine");
    fs.rmSync(rig.at("there/out"));
    fs.mkdirSync(rig.at("there/out/x"), { recursive: true });
    const { stderr } = rig.cli("run", "job.yml");
    expect(stderr).toContain("there is a folder of that name");
    expect(stderr).toContain("remove what is in its way at the target");
  });

  it("are refused before anything starts where there is no such datastore, or one of tables", () => {
    job(
      "task: export_data\ninputs:\n  source: {type: uri_folder, path: ./one}\nsink: {connection: ther, path: x}\n",
    );
    const { code, stderr } = rig.cli("run", "job.yml");
    expect(code).toBe(2);
    expect(stderr).toContain("there is no datastore ther in this workspace");
    job(
      "task: import_data\nsource: {type: database, connection: there, table_name: t}\noutputs:\n  sink: {type: uri_folder}\n",
    );
    expect(rig.cli("run", "job.yml").stderr).toContain(
      "the datastore there holds files, not tables",
    );
  });
});

describe.skipIf("missing" in started)("rows of a database", () => {
  const SECRET =
    "missing" in started
      ? ""
      : server.definition.credentials.kind === "password"
        ? server.definition.credentials.password
        : "";

  beforeEach(async () => {
    await server.sql(
      "DROP TABLE IF EXISTS orders, sums; CREATE TABLE orders (id int, price numeric(10,2), at timestamptz)",
    );
    await server.sql(
      "INSERT INTO orders SELECT i, i * 1.5, '2024-01-01Z' FROM generate_series(1, 1000) i",
    );
    rig.write(
      "db.yml",
      `name: shop\ntype: postgres\nhost: 127.0.0.1\nport: ${server.port}\ndatabase: postgres\nuser: tester\nssl: false\ncredentials: {password: "${SECRET}"}\n`,
    );
    const made = rig.cli("datastore", "create", "db.yml");
    expect(made.stderr + made.stdout).not.toContain(SECRET);
    expect(made.code, made.stderr).toBe(0);
    fs.rmSync(rig.at("db.yml"));
  });

  const shop = (more = ""): void =>
    rig.write(
      "p.yml",
      `
type: pipeline
inputs:
  query: SELECT id, price FROM orders ORDER BY id
jobs:
  load:
    type: data_transfer
    task: import_data
    source:
      type: database
      connection: azureml:shop
      query: $\{{parent.inputs.query}}
${more}
    outputs:
      sink: {type: mltable}
  save:
    type: data_transfer
    task: export_data
    inputs:
      source: $\{{parent.jobs.load.outputs.sink}}
    sink: {type: database, connection: azureml:shop, table_name: sums, write_mode: replace}
`,
    );

  it("come in as Parquet and go out to a table, without the password anywhere", async () => {
    shop();
    const { code, stderr } = rig.cli("run", "p.yml");
    expect(code, stderr).toBe(0);
    expect(await server.sql("SELECT count(*) AS n, sum(price) AS s FROM sums")).toEqual([
      { n: "1000", s: "750750.00" },
    ]);
    expect(rig.cli("logs", "load").stdout).toMatch(/1000 rows, \d+ bytes/);
    expect(fs.readdirSync(rig.at(".stepwell/store/azureml/p-1/load/sink")).sort()).toEqual([
      "MLTable",
      "data.parquet",
    ]);
    for (const name of fs.readdirSync(rig.folder, { recursive: true, encoding: "utf8" }))
      if (fs.statSync(rig.at(name)).isFile())
        expect(fs.readFileSync(rig.at(name)).includes(SECRET), name).toBe(false);
  });

  it("are read again each time unless a rule says when, and the plan says so", () => {
    shop();
    rig.cli("run", "p.yml");
    expect(decisions("p.yml").load).toContain("run: its data lies outside");
    shop("    reuse: {max_age: 1d}");
    expect(decisions("p.yml").load).toBe("reuse: unchanged since p-1");
  });

  it("are read again when the watermark is another one", async () => {
    shop("      watermark: SELECT max(id) FROM orders");
    expect(rig.cli("run", "p.yml").code).toBe(0);
    expect(decisions("p.yml").load).toBe("reuse: unchanged since p-1");
    await server.sql("INSERT INTO orders VALUES (2000, 1, now())");
    expect(decisions("p.yml").load).toContain(
      'run: source.watermarkValue: "[[1000]]" → "[[2000]]"',
    );
    shop("      watermark: SELECT max(nothing) FROM orders");
    const { code, stderr } = rig.cli("plan", "p.yml");
    expect([code, stderr]).toEqual([2, expect.stringContaining('column "nothing" does not exist')]);
  });

  it("leave nothing when the query fails late", () => {
    shop();
    const late = "SELECT i, 1 / (i - 200000) FROM generate_series(1, 300000) i";
    const { code, stderr } = rig.cli("run", "p.yml", "--input", `query=${late}`);
    expect(code).toBe(1);
    expect(stderr).toContain("division by zero");
    expect(stderr).not.toContain(SECRET);
    expect(fs.existsSync(rig.at(".stepwell/store/azureml/p-1/load"))).toBe(false);
  });

  it("are refused where two columns have one name: readers would lose one", () => {
    shop();
    const twice = "SELECT 1 AS id, 2 AS price, 3 AS id";
    const { code, stderr } = rig.cli("run", "p.yml", "--input", `query=${twice}`);
    expect(code).toBe(1);
    expect(stderr).toContain("two columns are named id");
    expect(fs.existsSync(rig.at(".stepwell/store/azureml/p-1/load"))).toBe(false);
  });

  it("stop coming when the run is cancelled, and the server is left alone", async () => {
    shop();
    const slow = "SELECT i, pg_sleep(0.01) FROM generate_series(1, 1000000) i";
    const child = rig.start("run", "p.yml", "--input", `query=${slow}`);
    const becomes = async (wanted: string): Promise<void> => {
      const query =
        "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'stepwell'";
      while ((await server.sql(query))[0]?.n !== wanted) await new Promise(setImmediate);
    };
    await becomes("1");
    rig.cli("cancel", "p-1");
    expect(await exited(child)).not.toBe(0);
    await becomes("0");
  });
});

if ("missing" in started) it.skip(`rows of a database are moved: ${started.missing}`, () => {});
