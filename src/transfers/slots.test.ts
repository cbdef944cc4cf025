import { expect, it } from "vitest";
import { createSlots } from "./slots.ts";

/** Lets everything that can go on do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function taking(slots: ReturnType<typeof createSlots>, sizes: readonly number[]) {
  const got: (() => void)[] = [];
  for (const bytes of sizes) void slots.take(bytes).then((release) => got.push(release));
  await settle();
  return got;
}

it("lets as many in as there are places, and the next when one is given back", async () => {
  const slots = createSlots(2, 1000);
  const got = await taking(slots, [1, 1, 1]);
  expect(got.length).toBe(2);
  got[0]?.();
  got[0]?.();
  await settle();
  expect(got.length).toBe(3);
});

it("keeps to the memory, but lets one in that asks for more than there is", async () => {
  const slots = createSlots(10, 100);
  const got = await taking(slots, [60, 60, 500]);
  expect(got.length).toBe(1);
  got[0]?.();
  await settle();
  expect(got.length).toBe(2);
  got[1]?.();
  await settle();
  expect(got.length).toBe(3);
});

it("lets fewer in after a storage said slower", async () => {
  const slots = createSlots(4, 1000);
  slots.slower();
  expect((await taking(slots, [1, 1, 1])).length).toBe(2);
});
