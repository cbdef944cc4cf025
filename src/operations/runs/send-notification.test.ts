import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Notification, sendNotification, targetName } from "./send-notification.ts";

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

let server: http.Server | null = null;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

/** A server on this machine that answers with these codes, one after the other; the last one for ever. */
async function answering(
  ...codes: readonly number[]
): Promise<{ readonly host: string; readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  server = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      const code = codes[Math.min(asked.length, codes.length - 1)] as number;
      asked.push({ method: request.method, url: request.url, headers: request.headers, body });
      response.writeHead(code, code === 302 ? { location: "/elsewhere" } : {}).end("so be it");
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const NOTIFICATION: Notification = {
  body: '{"run":"one"}',
  variables: { PATH: process.env.PATH, STEPWELL_RUN: "one" },
  folder: os.tmpdir(),
};

const AT_ONCE = { backoffMs: [0, 0, 0], commandMs: 60_000 };

const post = (url: string): Promise<string | null> =>
  sendNotification({ on: ["failed"], target: { kind: "webhook", url } }, NOTIFICATION, AT_ONCE);

const run = (command: string): Promise<string | null> =>
  sendNotification({ on: ["failed"], target: { kind: "command", command } }, NOTIFICATION);

describe("a webhook", () => {
  it("gets one POST of JSON, with the login of its address", async () => {
    const { host, asked } = await answering(204);
    expect(await post(`http://me:pass%20word@${host}/T0/secret?x=1`)).toBeNull();
    expect(asked).toMatchObject([
      {
        method: "POST",
        url: "/T0/secret?x=1",
        body: NOTIFICATION.body,
        headers: {
          "content-type": "application/json",
          authorization: `Basic ${Buffer.from("me:pass word").toString("base64")}`,
        },
      },
    ]);
  });

  it("is tried again until it takes it, three times more at most", async () => {
    const { host, asked } = await answering(500, 503, 200);
    expect(await post(`http://${host}/`)).toBeNull();
    expect(asked).toHaveLength(3);
  });

  it("that never takes it is told of without its address", async () => {
    const { host, asked } = await answering(500);
    expect(await post(`http://${host}/secret`)).toBe("it answered 500, 4 times");
    expect(asked).toHaveLength(4);
    server?.close();
    server?.closeAllConnections();
    expect(await post(`http://${host}/secret`)).toBe("ECONNREFUSED, 4 times");
  });

  it("with a port that no HTTP request may go to is told of in words, and not tried again", async () => {
    expect(await post("http://127.0.0.1:6000/secret")).toMatch(/^its port belongs to another/);
  });

  it("is not followed to another place", async () => {
    const { host, asked } = await answering(302);
    expect(await post(`http://${host}/secret`)).toBe("it answered 302, 4 times");
    expect(new Set(asked.map(({ url }) => url))).toEqual(new Set(["/secret"]));
  });
});

describe("a command", () => {
  it("gets variables, and JSON on standard input", async () => {
    expect(await run('test "$STEPWELL_RUN $(cat)" = \'one {"run":"one"}\'')).toBeNull();
  });

  it("need not read what it is told, and says why it failed without addresses", async () => {
    expect(await run("exec <&-; exit 0")).toBeNull();
    expect(await run("echo no route to https://x.org/secret >&2; exit 3")).toBe(
      "it ended with exit code 3: no route to ***",
    );
    expect(await run("kill -9 $$")).toBe("it ended with SIGKILL");
  });

  it("that takes too long is stopped, and that is said", async () => {
    const target = { kind: "command", command: "echo slow >&2; exec sleep 600" } as const;
    const brief = { backoffMs: [], commandMs: 1_000 };
    expect(await sendNotification({ on: ["failed"], target }, NOTIFICATION, brief)).toMatch(
      /^it was stopped because it took longer than 1 s/,
    );
  });

  it("that leaves something behind is not waited for", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-notification-"));
    const pidFile = path.join(folder, "pid");
    try {
      expect(await run(`sleep 600 & echo $! > "${pidFile}"; disown; exit 0`)).toBeNull();
      // It is there all the same.
      process.kill(Number(fs.readFileSync(pidFile, "utf8")), "SIGKILL");
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});

it("is called by what may be seen of it", () => {
  const name = (target: Parameters<typeof targetName>[0]["target"]): string =>
    targetName({ on: ["failed"], target }, 1);
  expect(name({ kind: "webhook", url: "https://me:pw@hooks.x.org/T0/secret" })).toBe(
    "the webhook at hooks.x.org",
  );
  expect(name({ kind: "command", command: "curl https://x.org/secret" })).toBe(
    "the command of notify entry 2",
  );
});
