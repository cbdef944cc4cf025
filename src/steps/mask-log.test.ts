import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { smallDisk } from "../testing/small-disk.ts";
import { maskLog, secretForms } from "./mask-log.ts";

const SECRET = "s3cret/with spaces";

function logOf(text: string): string {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-mask-")), "1.log");
  fs.writeFileSync(file, text);
  return file;
}

describe("masking a log", () => {
  it("takes a secret out in every form", async () => {
    const file = logOf(secretForms([SECRET]).join("\n"));
    await maskLog(file, [SECRET]);
    expect(new Set(fs.readFileSync(file, "utf8").split("\n"))).toEqual(new Set(["***"]));
  });

  it("finds a secret that lies across two blocks", async () => {
    const file = logOf(`${"x".repeat((1 << 20) - 5)}${SECRET}tail`);
    await maskLog(file, [SECRET]);
    const text = fs.readFileSync(file, "utf8");
    expect(text).not.toContain(SECRET);
    expect(text.endsWith("x***tail")).toBe(true);
  });

  it("leaves other bytes and short values alone", async () => {
    const bytes = Buffer.from([0, 255, 10, 104, 105]);
    const file = logOf("");
    fs.writeFileSync(file, bytes);
    await maskLog(file, [SECRET, "hi"]);
    expect(fs.readFileSync(file)).toEqual(bytes);
    expect(fs.readdirSync(path.dirname(file))).toEqual(["1.log"]);
  });

  it("says that there is no room for the log without secrets, and leaves the log as it is", async (context) => {
    const disk = smallDisk({ megabytes: 2, inodes: 50 });
    if (disk === null) return context.skip();
    try {
      const file = path.join(disk.folder, "1.log");
      const text = `${SECRET}\n${"x".repeat(3 << 19)}`;
      fs.writeFileSync(file, text);
      expect(await maskLog(file, [SECRET])).toBe("disk_full");
      expect(fs.readFileSync(file, "utf8")).toBe(text);
      expect(fs.readdirSync(disk.folder)).toEqual(["1.log"]);
      expect(await maskLog(file, ["another secret"])).toBe("done");
    } finally {
      disk.remove();
    }
  });
});
