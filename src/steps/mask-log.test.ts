import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { smallDisk } from "../testing/small-disk.ts";
import { createMasker, maskLog } from "./mask-log.ts";
import { secretForms } from "./secret-forms.ts";

const SECRET = "s3cret/with spaces";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-mask-"));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function logOf(text: string): string {
  const file = path.join(fs.mkdtempSync(path.join(folder, "one-")), "1.log");
  fs.writeFileSync(file, text);
  return file;
}

/** What is shown of a text that arrives in these pieces. */
function shown(values: readonly string[], ...pieces: readonly string[]): string {
  const masker = createMasker(values);
  const parts = pieces.map((piece) => masker.push(Buffer.from(piece)));
  return Buffer.concat([...parts, masker.end()]).toString();
}

describe("masking a log", () => {
  it("takes a secret out in every form", async () => {
    const file = logOf(secretForms([SECRET]).anywhere.join("\n"));
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

  it("leaves other bytes and the shortest values alone", async () => {
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

  it("masks a short value where it stands alone only", () => {
    expect(shown(["1234"], "pin 1234, 12345, x1234: (1234)\n")).toBe(
      "pin ***, 12345, x1234: (***)\n",
    );
    expect(shown(["1234"], "pin 12", "34", "\n")).toBe("pin ***\n");
    expect(shown(["1234"], "pin 1234", "5\n")).toBe("pin 12345\n");
    expect(shown(["1234"], "x", "1234\n")).toBe("x1234\n");
    expect(shown(["1234"], "1234")).toBe("***");
  });

  it("masks what is not ASCII, and keeps the bytes around it", () => {
    expect(shown(["pässwörter"], "ä pässwö", "rter ü")).toBe("ä *** ü");
  });

  it("masks the file behind a second name", async () => {
    const file = logOf(`a ${SECRET} b`);
    fs.symlinkSync(file, `${file}.link`);
    await maskLog(`${file}.link`, [SECRET]);
    expect(fs.readFileSync(file, "utf8")).toBe("a *** b");
  });

  it("shows everything at once but what may be the beginning of a secret", () => {
    const masker = createMasker([SECRET]);
    expect(masker.push(Buffer.from("epoch 1\ns3")).toString()).toBe("epoch 1\n");
    expect(masker.push(Buffer.from("x\n")).toString()).toBe("s3x\n");
  });

  it("shows the same however the text is cut into pieces, and never the secret", () => {
    const piece = fc.constantFrom(
      "ab",
      "abc",
      "abcabd",
      "abcab",
      "c",
      "d",
      " ",
      "\n",
      "xyz1",
      "_",
      "xy",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const values = ["abcabd", "cabdab c", "xyz1"];
        const text = shown(values, ...pieces);
        expect(text).toBe(shown(values, pieces.join("")));
        expect(text).not.toContain("abcabd");
      }),
      { numRuns: 2_000 },
    );
  });
});
