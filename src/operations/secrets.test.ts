import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SealedSecret } from "../ports/records.ts";
import { createMemoryStore } from "../records/memory.ts";
import { isRefusal } from "./refusal.ts";
import { putSecret, readSecret } from "./secrets.ts";

// Secrets of a workspace: what is kept gives nothing away without the key, and is bound to its name.

let folder: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-secrets-"));
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const KEY = "a".repeat(64);

function store(shell: Readonly<Record<string, string>> = { STEPWELL_SECRET_KEY: KEY }) {
  const clock = { now: () => 1, monotonic: () => 1 };
  return { records: createMemoryStore(), shell, clock, user: "ann" };
}

function code(answer: unknown): string | null {
  return isRefusal(answer) ? answer.code : null;
}

describe("secrets", () => {
  it("come back as they were kept, line ends and all", async () => {
    const workspace = store();
    for (const value of [
      "hunter2",
      "-----BEGIN KEY-----\nabc\n",
      "päßwörd ☃",
      "x".repeat(64 * 1024),
    ]) {
      expect(await putSecret(workspace, "key", value)).toBeNull();
      expect(await readSecret(workspace, "key")).toBe(value);
    }
  });

  it("are not in what is kept, and sealed anew each time", async () => {
    const workspace = store();
    await putSecret(workspace, "key", "hunter2");
    const first = (await workspace.records.secret("key")) as SealedSecret;
    await putSecret(workspace, "key", "hunter2");
    const second = (await workspace.records.secret("key")) as SealedSecret;
    expect(first.sealed).not.toBe(second.sealed);
    for (const form of ["hunter2", Buffer.from("hunter2").toString("base64url")])
      expect(first.sealed).not.toContain(form.slice(0, 9));
  });

  it("open under no other name, with no other key, and not when altered", async () => {
    const workspace = store();
    await putSecret(workspace, "key", "hunter2");
    const kept = (await workspace.records.secret("key")) as SealedSecret;
    await workspace.records.putSecret({ ...kept, name: "other" });
    expect(code(await readSecret(workspace, "other"))).toBe("wrong_secret_key");
    const stranger = { ...workspace, shell: { STEPWELL_SECRET_KEY: "b".repeat(64) } };
    expect(code(await readSecret(stranger, "key"))).toBe("wrong_secret_key");
    const cut = kept.sealed.slice(0, -2);
    await workspace.records.putSecret({ ...kept, sealed: cut });
    expect(code(await readSecret(workspace, "key"))).toBe("wrong_secret_key");
    expect(code(await readSecret(workspace, "none"))).toBe("unknown_secret");
  });

  it("have a key of the user's own, made once, that nobody else may read", async () => {
    const workspace = store({ XDG_CONFIG_HOME: folder });
    await putSecret(workspace, "key", "hunter2");
    const file = path.join(folder, "stepwell", "secret.key");
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(await readSecret(workspace, "key")).toBe("hunter2");
    fs.chmodSync(file, 0o644);
    expect(code(await readSecret(workspace, "key"))).toBe("open_secret_key");
  });

  it.each([
    ["../up", "x", "bad_name"],
    ["key", "", "bad_secret"],
    ["key", "x".repeat(64 * 1024 + 1), "bad_secret"],
  ])("are refused when they cannot be kept: %s", async (name, value, expected) => {
    expect(code(await putSecret(store(), name, value))).toBe(expected);
  });

  it("say how to give one when it is empty", async () => {
    const refused = await putSecret(store(), "key", "");
    expect(refused).toMatchObject({ hint: expect.stringContaining("standard input") });
  });

  it("say what a key looks like when the variable holds none", async () => {
    const refused = await putSecret(store({ STEPWELL_SECRET_KEY: "short" }), "key", "x");
    expect(refused).toMatchObject({ code: "no_secret_key", exitCode: 4 });
  });
});
