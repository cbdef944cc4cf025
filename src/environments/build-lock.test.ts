import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { holdLock, startByPs } from "./build-lock.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-lock-"));
  file = path.join(folder, "sub", "x.lock");
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const quiet = () => undefined;

/** Writes the lock of a process that looks like `pid` but began at another time. */
function leave(pid: number, host = os.hostname()): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify({ token: "t", host, pid, started: "then" }));
}

describe("holdLock", () => {
  it("lets one in at a time", async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      const lock = await holdLock(file, () => {});
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      lock.release();
    };
    await Promise.all([work(), work(), work(), work()]);
    expect(most).toBe(1);
    expect(fs.readdirSync(path.dirname(file))).toEqual([]);
  });

  it("tells who waits", async () => {
    const first = await holdLock(file, () => expect.unreachable("nobody holds it"));
    let told = (): void => {};
    const waits = new Promise<void>((resolve) => {
      told = resolve;
    });
    const second = holdLock(file, told);
    await waits;
    first.release();
    (await second).release();
  });

  it("takes over from a process that is dead", async () => {
    leave(spawnSync("true").pid ?? 999_999);
    const lock = await holdLock(file, quiet);
    expect(lock.isMine()).toBe(true);
    lock.release();
  });

  it("takes over from a process whose pid now belongs to another", async () => {
    leave(process.pid);
    const lock = await holdLock(file, quiet);
    expect(lock.isMine()).toBe(true);
    lock.release();
  });

  it("takes over what a power cut left of a lock", async () => {
    leave(process.pid);
    fs.truncateSync(file);
    const lock = await holdLock(file, quiet);
    expect(lock.isMine()).toBe(true);
    lock.release();
  });

  const patience = { renewMs: 20, silentMs: 200 };

  it("takes over from a container that is gone: nothing renews its lock", async () => {
    leave(1, "elsewhere");
    const lock = await holdLock(file, quiet, patience);
    expect(lock.isMine()).toBe(true);
    lock.release();
  });

  it("waits for a holder elsewhere for as long as it renews its lock", async () => {
    const first = await holdLock(file, quiet, patience);
    const holder = JSON.parse(fs.readFileSync(file, "utf8"));
    fs.writeFileSync(file, JSON.stringify({ ...holder, host: "elsewhere" }));
    let isOver = false;
    const second = holdLock(file, quiet, patience).then((lock) => {
      expect(isOver).toBe(true);
      lock.release();
    });
    await delay(3 * patience.silentMs);
    expect(first.isMine()).toBe(true);
    isOver = true;
    first.release();
    await second;
  });

  it("waits for a holder on another machine, of which nothing is known yet", async () => {
    leave(1, "elsewhere");
    const waiting = new Promise<void>((resolve) => {
      holdLock(file, resolve).then((lock) => lock.release(), quiet);
    });
    await waiting;
    expect(JSON.parse(fs.readFileSync(file, "utf8")).host).toBe("elsewhere");
    fs.rmSync(file);
  });

  it("stops waiting once nobody needs it any more", async () => {
    const first = await holdLock(file, quiet);
    const abandon = new AbortController();
    const second = holdLock(file, () => abandon.abort(), { abandoned: abandon.signal });
    await expect(second).rejects.toThrow(/abort/);
    expect(first.isMine()).toBe(true);
    first.release();
    await expect(holdLock(file, quiet, { abandoned: abandon.signal })).rejects.toThrow(/abort/);
    expect(fs.existsSync(file)).toBe(false);
  });

  it("does not remove a lock that is no longer its own", async () => {
    const lock = await holdLock(file, quiet);
    leave(process.pid, "elsewhere");
    expect(lock.isMine()).toBe(false);
    lock.release();
    expect(fs.existsSync(file)).toBe(true);
  });
});

it("a holder whose start is read by ps is the same one in every time zone", () => {
  const started = startByPs(process.pid);
  vi.stubEnv("TZ", "Asia/Tokyo");
  expect(startByPs(process.pid)).toBe(started);
  vi.unstubAllEnvs();
  expect(startByPs(spawnSync("true").pid ?? 999_999)).toBe("");
});
