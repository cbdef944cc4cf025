import { createHash } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { createHashThread } from "./hash-thread.ts";

function shared(text: string): Uint8Array<SharedArrayBuffer> {
  const bytes = new Uint8Array(new SharedArrayBuffer(text.length));
  bytes.set(Buffer.from(text));
  return bytes;
}

function idOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

it("hashes several files at once, each in the order of its bytes", async () => {
  const thread = createHashThread();
  onTestFinished(() => thread.close());
  const [one, two, empty] = [thread.hasher(), thread.hasher(), thread.hasher()];
  await Promise.all(
    Array.from("abcdef").flatMap((letter) => [
      one.update(shared(letter)),
      two.update(shared(letter.toUpperCase())),
    ]),
  );
  expect(await Promise.all([two.id(), one.id(), empty.id()])).toEqual([
    idOf("ABCDEF"),
    idOf("abcdef"),
    idOf(""),
  ]);
});

it("leaves bytes alone once they were taken", async () => {
  const thread = createHashThread();
  onTestFinished(() => thread.close());
  const hasher = thread.hasher();
  const bytes = shared("first");
  await hasher.update(bytes);
  bytes.fill(0);
  expect(await hasher.id()).toBe(idOf("first"));
});
