import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
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
