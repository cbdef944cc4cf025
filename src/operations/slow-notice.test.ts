import { expect, it } from "vitest";
import { noticeWhenSlow } from "./slow-notice.ts";

it("says once what takes long, gives what came of it, and passes its failure on", async () => {
  let told = 0;
  let tell: () => void = () => undefined;
  const isTold = new Promise<void>((resolve) => {
    tell = () => {
      told += 1;
      resolve();
    };
  });
  expect(
    await noticeWhenSlow(
      isTold.then(() => "done"),
      () => tell(),
      1,
    ),
  ).toBe("done");
  expect(told).toBe(1);
  const failing = Promise.reject(new Error("gone"));
  await expect(noticeWhenSlow(failing, () => tell(), 60_000)).rejects.toThrow("gone");
  expect(told).toBe(1);
});
