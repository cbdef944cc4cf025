import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isRefusal } from "../refusal.ts";
import { type DownloadOptions, download as downloadWith } from "./download.ts";

/** Tries again at once. */
const download = (folder: string, url: string, options: Partial<DownloadOptions> = {}) =>
  downloadWith(folder, url, { fetch, waitsMs: [0, 0, 0], ...options });

const said = async (url: string): Promise<string> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-download-"));
  const found = await download(folder, url);
  fs.rmSync(folder, { recursive: true });
  return isRefusal(found) ? `${found.message}\n${found.hint}` : found;
};

/** A server until the end of the test, or until it is closed before that, and a folder for what is fetched from it. */
async function serve(answer: http.RequestListener) {
  const server = http.createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-download-"));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  onTestFinished(async () => {
    if (server.listening) await close();
    fs.rmSync(folder, { recursive: true });
  });
  return { folder, url: `http://127.0.0.1:${port}/a.csv`, close };
}

it("tells neither the query nor the password of an address that cannot be fetched", async () => {
  const signed = await said("http://127.0.0.1:1/x.csv?sig=verysecret");
  expect(signed).toContain("http://127.0.0.1:1/x.csv could not be fetched");
  const named = await said("http://ann:verysecret@127.0.0.1:1/x.csv");
  expect(named).toContain("http://127.0.0.1:1/x.csv: the address holds a user or password");
  expect(signed + named).not.toContain("verysecret");
});

describe("a server without ETags", () => {
  const LONG_AGO = "Mon, 01 Jan 2001 00:00:00 GMT";

  /** As many servers do, it takes any file that is not newer than the date asked about for unchanged. */
  const served = async () => {
    const file = { text: "one", modified: LONG_AGO, sent: 0 };
    const { folder, url } = await serve((request, response) => {
      const since = Date.parse(request.headers["if-modified-since"] ?? "");
      response.setHeader("last-modified", file.modified);
      if (Date.parse(file.modified) <= since) return response.writeHead(304).end();
      file.sent += 1;
      response.setHeader("content-length", Buffer.byteLength(file.text));
      return response.end(file.text);
    });
    const fetched = async (): Promise<{ readonly text: string; readonly inode: number }> => {
      const at = (await download(folder, url)) as string;
      return { text: fs.readFileSync(at, "utf8"), inode: fs.statSync(at).ino };
    };
    return { file, fetched, place: () => download(folder, url) };
  };

  it("is asked again when a step wrote to the copy, and not when its times alone are others", async () => {
    const { fetched, place } = await served();
    const { inode } = await fetched();
    const copy = (await place()) as string;
    fs.utimesSync(copy, 1, 1);
    expect(await fetched()).toEqual({ text: "one", inode });
    fs.writeFileSync(copy, "spoilt");
    expect((await fetched()).text).toBe("one");
  });

  it("gives two of one process that ask at once a whole file each", async () => {
    const { file, place } = await served();
    file.text = "0123456789".repeat(1_000_000);
    const whole = async (): Promise<boolean> => {
      const at = await place();
      return typeof at === "string" && fs.readFileSync(at, "utf8") === file.text;
    };
    expect(await Promise.all([whole(), whole(), whole()])).toEqual([true, true, true]);
    expect(await whole()).toBe(true);
    // The fourth is asked whether it is still the same; none was asked again.
    expect(file.sent).toBe(4);
  });

  it("is believed when nothing that it says is another, and the file stays", async () => {
    const { fetched } = await served();
    expect(await fetched()).toEqual(await fetched());
  });

  it("is asked for the bytes when the file is an older one, or another in length", async () => {
    const { file, fetched } = await served();
    await fetched();
    Object.assign(file, { text: "two", modified: "Sat, 01 Jan 2000 00:00:00 GMT" });
    expect((await fetched()).text).toBe("two");
    file.text = "three";
    expect((await fetched()).text).toBe("three");
  });

  it("is not believed of a file so new that its date has room for another", async () => {
    const { file, fetched } = await served();
    file.modified = new Date().toUTCString();
    await fetched();
    file.text = "two";
    expect((await fetched()).text).toBe("two");
  });
});

describe("a server that takes its time", () => {
  /** Sends `pieces`, one each 20 ms, and then ends, or says no more. `between`: before the third. */
  const sending = async (
    pieces: number,
    then: "ends" | "is silent" | "breaks off",
    between = (): void => {},
  ) => {
    const { folder, url } = await serve((_request, response) => {
      response.writeHead(200, { "content-length": then === "ends" ? pieces : pieces + 1 });
      let sent = 0;
      const timer = setInterval(() => {
        sent += 1;
        if (sent === 3) between();
        response.write("x");
        if (sent < pieces) return;
        clearInterval(timer);
        if (then === "ends") response.end();
        if (then === "breaks off") response.socket?.destroy();
      }, 20);
    });
    const found = await download(folder, url, { silenceMs: 1000 });
    const files = fs.readdirSync(folder, { recursive: true }).filter((one) => /csv/.test(`${one}`));
    return { found, files };
  };

  it("may take longer than it may be silent", async () => {
    const { found } = await sending(75, "ends");
    expect(fs.statSync(found as string).size).toBe(75);
  });

  it("is not taken for silent because nobody here could listen", async () => {
    const standStill = (): void => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    };
    const { found } = await sending(5, "ends", () => void setImmediate(standStill));
    expect(fs.statSync(found as string).size).toBe(5);
  });

  it.each([
    ["is silent", "nothing came for 1 s"],
    ["breaks off", "could not be fetched"],
  ] as const)("is given up when it %s, and nothing of the file stays", async (then, reason) => {
    const { found, files } = await sending(3, then);
    expect(found).toMatchObject({ code: "download_failed" });
    expect(isRefusal(found as never) ? (found as unknown as Error).message : found).toContain(
      reason,
    );
    expect(files).toEqual([]);
  });
});

it("does not pass an older copy off as the newer one that it could not fetch whole", async () => {
  let isWhole = true;
  const { folder, url, close } = await serve((_request, response) => {
    response.writeHead(200, { etag: isWhole ? '"one"' : '"two"', "content-length": 3 });
    if (isWhole) return response.end("one");
    response.write("t");
    return setImmediate(() => response.socket?.destroy());
  });
  const first = await download(folder, url);
  isWhole = false;
  const second = await download(folder, url);
  await close();
  const lines: string[] = [];
  const away = await download(folder, url, { say: (line) => lines.push(line) });
  expect(second).toMatchObject({ code: "download_failed" });
  // Nobody can say that there is a newer one.
  expect(away).toBe(first);
  expect(lines).toEqual([expect.stringContaining("what was fetched earlier is used")]);
});

describe("a server in trouble", () => {
  const BROKEN_OFF = 206;

  /** Answers with each of `statuses`, then with the file. */
  const troubled = async (...statuses: readonly number[]) => {
    const left = [...statuses];
    const asked = { times: 0 };
    const { folder, url } = await serve((_request, response) => {
      asked.times += 1;
      const status = left.shift() ?? 200;
      response.writeHead(status, { etag: '"one"', "content-length": 3 });
      if (status !== BROKEN_OFF) return response.end("one");
      response.write("o");
      return setImmediate(() => response.socket?.destroy());
    });
    const lines: string[] = [];
    const get = () => download(folder, url, { say: (line) => lines.push(line) });
    return { get, asked, lines, next: (...more: readonly number[]) => left.push(...more) };
  };

  it("is asked again, also when its answer broke off", async () => {
    const { get, asked } = await troubled(503, BROKEN_OFF, 500);
    const file = (await get()) as string;
    expect([fs.readFileSync(file, "utf8"), asked.times]).toEqual(["one", 4]);
  });

  it("is given up after a few times, as one that cannot be reached", async () => {
    const { get, asked } = await troubled(503, 503, 503, 503, 503);
    expect(await get()).toMatchObject({
      code: "download_failed",
      message: expect.stringContaining("answered 503 Service Unavailable"),
      hint: expect.stringContaining("try again when it answers"),
    });
    expect(asked.times).toBe(4);
  });

  it("leaves what was fetched earlier in use, and says so once", async () => {
    const { get, lines, next } = await troubled();
    const first = await get();
    next(502, 502, 502, 502);
    expect(await get()).toBe(first);
    expect(lines).toEqual([
      expect.stringContaining("answered 502 Bad Gateway: what was fetched earlier is used"),
    ]);
  });

  it("is asked no more when it says that there is nothing", async () => {
    const { get, asked } = await troubled(404);
    expect(await get()).toMatchObject({ code: "download_refused" });
    expect(asked.times).toBe(1);
  });
});
