import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { download } from "./download.ts";
import { isRefusal } from "./refusal.ts";

const said = async (url: string): Promise<string> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-download-"));
  const found = await download(folder, url);
  fs.rmSync(folder, { recursive: true });
  return isRefusal(found) ? `${found.message}\n${found.hint}` : found;
};

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
    const server = http.createServer((request, response) => {
      const since = Date.parse(request.headers["if-modified-since"] ?? "");
      response.setHeader("last-modified", file.modified);
      if (Date.parse(file.modified) <= since) return response.writeHead(304).end();
      file.sent += 1;
      response.setHeader("content-length", Buffer.byteLength(file.text));
      return response.end(file.text);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-download-"));
    onTestFinished(() => {
      server.close();
      fs.rmSync(folder, { recursive: true });
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.csv`;
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
