// SHA-256 of bytes that stream by, as everything in Stepwell is named.

import { createHash, hash } from "node:crypto";
import type { ContentId } from "../core/content.ts";
import { idOf } from "../core/digest.ts";
import type { Bytes } from "../ports/storage.ts";

export interface Hasher {
  update(bytes: Uint8Array): void;
  id(): ContentId;
}

export function createHasher(): Hasher {
  const inner = createHash("sha256");
  return {
    update: (bytes) => {
      inner.update(bytes);
    },
    id: () => idOf(inner.digest("hex")) as ContentId,
  };
}

export function bytesId(bytes: Uint8Array): ContentId {
  return idOf(hash("sha256", bytes)) as ContentId;
}

export async function streamId(bytes: Bytes): Promise<ContentId> {
  const hasher = createHasher();
  for await (const chunk of bytes) hasher.update(chunk);
  return hasher.id();
}
