import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { within } from "./watch-rules.ts";
import { lineOf, readStrace } from "./watch-strace.ts";

describe("a line of strace's", () => {
  it.each([
    ['7 openat(AT_FDCWD</w>, "x", O_RDONLY|O_CLOEXEC) = 3</data/x.csv>', "r", "/data/x.csv"],
    ['7 openat(AT_FDCWD</w>, "x", O_RDWR|O_CREAT|O_TRUNC, 0666) = 3</data/x>', "w", "/data/x"],
    ['7 openat(AT_FDCWD</w>, "x", O_WRONLY|O_APPEND) = 3</data/x>', "w", "/data/x"],
    ["7 <... openat resumed>) = 3</data/x.csv>", "r", "/data/x.csv"],
    ['7 openat(AT_FDCWD</w>, "x", O_RDONLY) = 3</data/\\303\\244.csv>', "r", "/data/ä.csv"],
    ["7 getdents64(3</data>, 0x5 /* 4 entries */, 32768) = 120", "l", "/data"],
    [
      '7 connect(3<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = 0',
      "c",
      "192.0.2.1",
    ],
    [
      '7 connect(3<TCP:[1]>, {sa_family=AF_INET6, sin6_port=htons(443), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = -1 EINPROGRESS (Operation now in progress)',
      "c",
      "2001:db8::1",
    ],
  ])("%s", (line, kind, text) => {
    expect(lineOf(line)).toEqual({ kind, text });
  });

  it.each([
    '7 openat(AT_FDCWD</w>, "x", O_RDONLY) = -1 ENOENT (No such file or directory)',
    '7 openat(AT_FDCWD</w>, "d", O_RDONLY|O_DIRECTORY) = 3</data>',
    '7 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0',
    '7 connect(3, {sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
    "7 +++ exited with 0 +++",
  ])("tells of nothing: %s", (line) => {
    expect(lineOf(line)).toBeNull();
  });
});

describe("a record of strace's", () => {
  it("of many calls gives each place once, also where a line lies across two pieces", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-strace-"));
    const places = { own: ["/own", "/input/a.csv"], rules: { wanted: [], unwanted: ["/usr/"] } };
    fs.writeFileSync(path.join(folder, "strace-places.json"), JSON.stringify(places));
    const line = (file: string): string =>
      `7 openat(AT_FDCWD</w>, "x", O_RDONLY|O_CLOEXEC) = 3<${file}>\n`;
    const files = ["/own/x", "/input/a.csv", "/usr/lib/y", "/data/a.csv", "/data/b.csv"];
    const record = files.map(line).join("").repeat(10_000);
    expect(record.length).toBeGreaterThan(3 << 20);
    fs.writeFileSync(path.join(folder, "strace"), record + line("/data/c.csv"));
    expect(readStrace(folder)).toEqual(
      ["/data/a.csv", "/data/b.csv", "/data/c.csv"].map((text) => ({ kind: "r", text })),
    );
    fs.rmSync(folder, { recursive: true });
  });

  it.each(["no JSON", "null", "{}", '{"own": [], "rules": null}', '{"own": 1, "rules": {}}'])(
    "is none where the step has written over what belongs to it: %s",
    (text) => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-strace-"));
      fs.writeFileSync(path.join(folder, "strace"), "");
      fs.writeFileSync(path.join(folder, "strace-places.json"), text);
      expect(readStrace(folder)).toBeNull();
      fs.rmSync(folder, { recursive: true });
    },
  );

  it.each([
    ["/in", true],
    ["/in/x/y", true],
    ["/inside", false],
    ["/", false],
    ["/folder", true],
    ["/folder/x", true],
  ])("%s lies in /in or /folder/: %s", (file, expected) => {
    expect(within(["/in", "/folder/"])(file)).toBe(expected);
  });
});
