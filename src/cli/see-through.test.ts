import { afterEach, expect, it } from "vitest";
import type { Workspace } from "../operations/workspace.ts";
import type { Context } from "./context.ts";
import { type CancelListener, listenForCancel } from "./see-through.ts";

// Ctrl-C around the end of a run, at instants that no process can be made to hit.

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

afterEach(() => {
  for (const signal of SIGNALS) process.removeAllListeners(signal);
});

const requests: string[] = [];

function listen(): CancelListener {
  const workspace = {
    user: "somebody",
    clock: { now: () => 0 },
    records: { request: async (name: string, kind: string) => requests.push(`${kind} ${name}`) },
  };
  const listener = listenForCancel({} as Context, workspace as unknown as Workspace, () => {});
  listener.add("r");
  return listener;
}

async function hasLeft({ left }: CancelListener): Promise<boolean> {
  return (await Promise.race([left, Promise.resolve("not yet")])) === "left";
}

it("is a wish to leave when it came too late to cancel: nobody waits until everybody is told", async () => {
  const listener = listen();
  process.emit("SIGINT");
  expect(requests).toEqual(["cancel r"]);
  expect(await hasLeft(listener)).toBe(false);
  listener.letGo("Completed");
  expect(await hasLeft(listener)).toBe(true);
});

it("has cancelled the run: what is to be done at its end is waited for, unless it is pressed again", async () => {
  const listener = listen();
  process.emit("SIGINT");
  listener.letGo("Canceled");
  expect(await hasLeft(listener)).toBe(false);
  process.emit("SIGINT");
  expect(await hasLeft(listener)).toBe(true);
});
