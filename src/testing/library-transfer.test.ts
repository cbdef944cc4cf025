import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import net from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { file, folder } from "./library-job.ts";
import { exited, makeRig, type Rig } from "./rig.ts";

// Components of the library that bring data here and there, with real servers in this process: the command line is waited for
// without holding them up.

let rig: Rig;
let server: http.Server;
let asked: { method: string; url: string; headers: http.IncomingHttpHeaders; body: string }[] = [];
let answer: (request: http.IncomingMessage, response: http.ServerResponse) => void;
let base: string;

beforeEach(async () => {
  rig = makeRig("library-transfer");
  asked = [];
  server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      asked.push({
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body,
      });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rig.remove();
});

interface Done {
  readonly status: string;
  readonly log: string;
  readonly name: string;
  at(output: string, name?: string): string;
}

/** As `runComponent`, without blocking this process, which serves. */
async function run(
  name: string,
  node: object,
  env: Readonly<Record<string, string>> = {},
  ...words: readonly string[]
): Promise<Done> {
  const component = `azureml://registries/stepwell/components/${name}`;
  rig.write(
    "job.json",
    JSON.stringify({ type: "pipeline", jobs: { step: { component, ...node } } }),
  );
  await exited(rig.startWith(env, "run", "job.json", ...words));
  const { runs } = JSON.parse(rig.cli("runs", "--json").stdout);
  const view = JSON.parse(rig.cli("show", runs[0].name, "--json").stdout);
  const [step] = view.steps;
  return {
    status: step.status,
    log: rig.cli("logs", view.name, "step").stdout,
    name: view.name,
    at: (output, inside = "") => `${step.outputs[output]?.path}/${inside}`,
  };
}

const BODY = Buffer.from("0123456789".repeat(20_000));
const SUM = createHash("sha256").update(BODY).digest("hex");

/** Sends the range that is asked for; breaks off after so many bytes. */
function serve(breakAfter: number | null, etag = '"one"') {
  return (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const isSame = request.headers["if-range"] === etag;
    const start = isSame ? from : 0;
    response.writeHead(start > 0 ? 206 : 200, {
      etag,
      "content-length": BODY.length - start,
      ...(start > 0 ? { "content-range": `bytes ${start}-${BODY.length - 1}/${BODY.length}` } : {}),
    });
    if (breakAfter === null) return void response.end(BODY.subarray(start));
    response.write(BODY.subarray(start, start + breakAfter), () => response.socket?.destroy());
  };
}

describe("download", () => {
  it("brings files under their names, checked", async () => {
    answer = serve(null);
    rig.write(
      "list.txt",
      `# two of them\n${base}/b%20c.bin?token=x ${SUM} sub/renamed.bin\n${base}/plain.bin\n`,
    );
    const inputs = { urls: `${base}/a.bin`, sha256: SUM, list: file("./list.txt") };
    const { status, log, at } = await run("download", { inputs });
    expect([status, log]).toEqual(["Completed", expect.stringContaining("as it should be")]);
    for (const name of ["a.bin", "sub/renamed.bin", "plain.bin"])
      expect(fs.readFileSync(at("files", name)).equals(BODY)).toBe(true);
    expect(log).not.toContain("token");
  });

  it("keeps nothing of a file that is not what it should be", async () => {
    answer = serve(null);
    const inputs = { urls: `${base}/a.bin`, sha256: "0".repeat(64) };
    const { status, log } = await run("download", { inputs });
    expect(status).toBe("Failed");
    expect(log).toContain(`its SHA-256 is ${SUM}, and not 000`);
  });

  it("goes on where a connection broke, and starts anew when the file is another", async () => {
    const serves = [serve(50_000), serve(60_000), serve(70_000, '"two"'), serve(null, '"two"')];
    answer = (request, response) => serves[asked.length - 1]?.(request, response);
    const { status, log } = await run("download", {
      inputs: { urls: `${base}/a.bin`, sha256: SUM },
    });
    expect([status, log]).toEqual(["Completed", expect.stringContaining("going on behind")]);
    const ranges = asked.map(({ headers }) => headers.range);
    expect(ranges[0]).toBeUndefined();
    expect(ranges.slice(1).every((range) => /^bytes=\d+-$/.test(range ?? ""))).toBe(true);
    expect(asked[3]?.headers["if-range"]).toBe('"two"');
  });

  it("goes on in the next run with what a failed one has brought", async () => {
    answer = serve(80_000);
    const node = { inputs: { urls: `${base}/a.bin`, sha256: SUM, retries: 0 } };
    const failed = await run("download", node);
    expect([failed.status, failed.log]).toEqual(["Failed", expect.stringContaining("run again")]);
    answer = serve(null);
    const { status } = await run("download", node);
    expect(status).toBe("Completed");
    expect(asked.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it("tries again when a server is busy, and not when nothing is there", async () => {
    answer = (request, response) => {
      if (asked.length > 2) return serve(null)(request, response);
      response.writeHead(503, { "retry-after": "0" }).end();
    };
    expect((await run("download", { inputs: { urls: `${base}/a.bin` } })).status).toBe("Completed");
    asked = [];
    answer = (_, response) => void response.writeHead(404).end();
    const gone = await run("download", { inputs: { urls: `${base}/secret-free?key=hush` } });
    expect([gone.status, asked.length]).toEqual(["Failed", 1]);
    expect(gone.log).toContain("answered 404");
    expect(gone.log).not.toContain("hush");
  });

  it.each([
    ["file:///etc/passwd", "file: is not read"],
    ["ftp://example.org/x", "ftp: is not read"],
    ["https://example.org/..%2Fx", "holds the part .."],
    ["https://example.org/a/x https://example.org/b/X", "two files would be named"],
    ["nonsense", "one of the addresses is none"],
  ])("refuses %s", async (urls, message) => {
    const { status, log } = await run("download", { inputs: { urls } });
    expect([status, log]).toEqual(["Failed", expect.stringContaining(message)]);
  });

  it("goes through the proxy of the shell, with its login, and not to this machine", async () => {
    answer = serve(null);
    const HTTP_PROXY = base.replace("//", "//me:p%40ss@");
    const node = { inputs: { urls: "http://files.example/a.bin", sha256: SUM } };
    const done = await run("download", node, { HTTP_PROXY });
    expect([done.status, done.log]).toEqual(["Completed", expect.any(String)]);
    expect(asked.map(({ url }) => url)).toEqual(["http://files.example/a.bin"]);
    expect(asked[0]?.headers).toMatchObject({
      host: "files.example",
      "proxy-authorization": `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
    });
    const own = { inputs: { urls: `${base}/b.bin`, sha256: SUM } };
    await run("download", own, { HTTP_PROXY: "http://127.0.0.1:1" });
    expect(asked[1]?.url).toBe("/b.bin");
  });

  it("reaches https: through a tunnel, and tries no certificate twice that is not trusted", async () => {
    const [key, cert] = [rig.at("key.pem"), rig.at("cert.pem")];
    const words = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=files.example -addext subjectAltName=DNS:files.example -keyout ${key} -out ${cert}`;
    execFileSync("openssl", words.split(" "), { stdio: "ignore" });
    const options = { key: fs.readFileSync(key), cert: fs.readFileSync(cert) };
    const secure = https.createServer(options, (request, response) =>
      serve(null)(request, response),
    );
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
    const tunnels: string[] = [];
    server.on("connect", ({ url = "" }, client) => {
      tunnels.push(url);
      const to = net.connect((secure.address() as AddressInfo).port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        to.pipe(client).pipe(to);
      });
      for (const one of [to, client]) one.on("error", () => to.destroy());
    });
    const node = { inputs: { urls: "https://files.example/a.bin", sha256: SUM } };
    const strange = await run("download", node, { HTTPS_PROXY: base });
    expect([strange.status, strange.log]).toEqual([
      "Failed",
      expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    ]);
    expect(tunnels).toEqual(["files.example:443"]);
    const trusted = { HTTPS_PROXY: base, NODE_EXTRA_CA_CERTS: cert };
    const done = await run("download", node, trusted);
    expect([done.status, done.log]).toEqual(["Completed", expect.any(String)]);
    secure.closeAllConnections();
    secure.close();
  });

  it("follows no redirect to another protocol", async () => {
    answer = (_, response) =>
      void response.writeHead(302, { location: "file:///etc/passwd" }).end();
    const { status, log } = await run("download", { inputs: { urls: `${base}/a` } });
    expect([status, log]).toEqual(["Failed", expect.stringContaining("which is not followed")]);
  });
});

describe("notify", () => {
  it("posts to an address that is a secret of the workspace, and shows it nowhere", async () => {
    answer = (_, response) => void response.end("ok");
    const address = `${base}/hooks/very-secret-token`;
    rig.write("secret", address);
    const config = { XDG_CONFIG_HOME: rig.at("config") };
    await exited(rig.startWith(config, "init"));
    expect(rig.cliWith(config, "secret", "set", "hook", "--from-file", "secret").stderr).toBe("");
    fs.rmSync(rig.at("secret"));
    rig.write("stepwell.yml", "pass_env: [{name: STEPWELL_WEBHOOK, secret: hook}]\n");
    rig.write("report.json", '{"ok": true}');
    const node = { inputs: { message: "It is done", details: file("./report.json") } };
    const { status, log, name } = await run("notify", node, config);
    expect([status, log]).toEqual([
      "Completed",
      expect.stringContaining("told the webhook at 127.0.0.1"),
    ]);
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({
      ...{ text: "It is done", run: name, step: "step", details: { ok: true } },
    });
    const all = fs.readdirSync(rig.folder, { recursive: true, withFileTypes: true });
    const holding = all
      .filter((one) => one.isFile())
      .filter((one) =>
        fs.readFileSync(`${one.parentPath}/${one.name}`).includes("very-secret-token"),
      );
    expect(holding.map((one) => one.name)).toEqual([]);
    await run("notify", node, config);
    expect(asked.length).toBe(2);
  });

  it("says what to do without an address, and can go on when nobody hears", async () => {
    const inputs = { message: "x" };
    const bare = await run("notify", { inputs });
    expect([bare.status, bare.log]).toEqual([
      "Failed",
      expect.stringContaining("pass_env: [{name:"),
    ]);
    answer = (_, response) => void response.writeHead(410).end();
    const env = { STEPWELL_WEBHOOK: `${base}/x` };
    const more = { inputs: { ...inputs, on_failure: "warn" } };
    const warned = await run("notify", more, env, "--env", "STEPWELL_WEBHOOK");
    expect([warned.status, warned.log]).toEqual([
      "Completed",
      expect.stringContaining("it answered 410"),
    ]);
  });

  it("tells a command", async () => {
    const told = rig.at("told.txt");
    const command = `cat > ${told}; echo "$STEPWELL_MESSAGE" >> ${told}`;
    expect((await run("notify", { inputs: { message: "hello", command } })).status).toBe(
      "Completed",
    );
    expect(rig.read("told.txt")).toMatch(/^\{"text":"hello".*\}hello\n$/);
  });

  it("names a secret that the workspace does not have before anything runs", () => {
    rig.write("stepwell.yml", "pass_env: [{name: STEPWELL_WEBHOOK, secret: hook}]\n");
    rig.write("job.yml", "type: pipeline\njobs: {a: {type: command, command: echo}}\n");
    const { code, stderr } = rig.cli("run", "job.yml");
    expect([code, stderr]).toEqual([2, expect.stringContaining("stepwell secret set hook")]);
  });
});

describe("register_model", () => {
  it("registers under a name and version that are inputs, and refuses other content there", async () => {
    rig.write("model/weights.txt", "one");
    const node = (version: string | null) => ({
      inputs: { model: folder("./model"), name: "trees", ...(version === null ? {} : { version }) },
    });
    const first = await run("register_model", node(null));
    expect(first.status).toBe("Completed");
    const show = (name: string) => JSON.parse(rig.cli("model", "show", name, "--json").stdout);
    expect(show("trees")).toMatchObject({ version: "1", run: first.name });
    await run("register_model", node("7"));
    expect(show("trees:7").contentId).toBe(show("trees:1").contentId);
    rig.write("model/weights.txt", "two");
    const other = await run("register_model", node("7"));
    expect(show("trees:7").contentId).toBe(show("trees:1").contentId);
    const ended = rig.cli("show", other.name);
    expect(ended.stdout + ended.stderr).toContain("trees:7 exists with other content");
  });

  it("without a name says that one is missing, and nothing of the component's own file", () => {
    const component = "azureml://registries/stepwell/components/register_model";
    const step = { component, inputs: { model: folder(".") } };
    rig.write("job.json", JSON.stringify({ type: "pipeline", jobs: { step } }));
    const { problems } = JSON.parse(rig.cli("validate", "job.json", "--json").stdout);
    expect(problems).toMatchObject([
      { code: "missing_input", hint: "Add `name` under `inputs`.", file: rig.at("job.json") },
    ]);
  });

  it("takes no name that is none, at its place", () => {
    const component = "azureml://registries/stepwell/components/register_model";
    const step = { component, inputs: { model: folder("."), name: "../up" } };
    rig.write("job.json", JSON.stringify({ type: "pipeline", jobs: { step } }));
    const { code, stdout, stderr } = rig.cli("validate", "job.json");
    expect([code, stdout + stderr]).toEqual([
      2,
      expect.stringContaining("is not a name of an asset"),
    ]);
  });
});

describe("copy, import and export", () => {
  it("move data as transfer steps do", async () => {
    rig.write("stepwell.yml", "datastores: {lake: {type: file, path: ./lake}}\n");
    rig.write("lake/in/a.txt", "a");
    rig.write("b.txt", "b");
    const of = (name: string) => `azureml://registries/stepwell/components/${name}`;
    const jobs = {
      bring: {
        ...{ type: "data_transfer", component: of("import") },
        source: { type: "file_system", connection: "azureml:lake", path: "in" },
      },
      both: {
        ...{ type: "data_transfer", component: of("copy") },
        inputs: { source: "${{parent.jobs.bring.outputs.data}}", second: file("./b.txt") },
      },
      publish: {
        ...{ type: "data_transfer", component: of("export") },
        inputs: { source: "${{parent.jobs.both.outputs.data}}" },
        sink: { type: "file_system", connection: "azureml:lake", path: "out" },
      },
    };
    rig.write("job.json", JSON.stringify({ type: "pipeline", jobs }));
    const done = rig.cli("run", "job.json");
    expect([done.code, done.stderr]).toEqual([0, done.stderr]);
    expect(done.stdout + done.stderr).not.toContain("warning");
    expect(fs.readdirSync(rig.at("lake/out")).sort()).toEqual(["a.txt", "b.txt"]);
  });
});
