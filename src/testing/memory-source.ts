// A file in memory as readers of tables see it, given out in small pieces, so that every state between them is met.

import type { ByteSource } from "../tables/byte-source.ts";

export function memorySource(
  content: string | Uint8Array,
  { name = "data", pieceBytes = 7 }: { readonly name?: string; readonly pieceBytes?: number } = {},
): ByteSource {
  const bytes = Uint8Array.from(typeof content === "string" ? Buffer.from(content) : content);
  let read = 0;
  return {
    name,
    sizeBytes: bytes.length,
    bytesRead: () => read,
    async read(offset, length) {
      const part = bytes.slice(offset, offset + length);
      read += part.length;
      return part;
    },
    async *stream() {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        read += Math.min(pieceBytes, bytes.length - at);
        yield bytes.slice(at, at + pieceBytes);
      }
    },
  };
}

/** Bytes without an end, made as they are read: `pieces` of them. */
export function endlessSource(head: string, piece: string, pieces: number): ByteSource {
  return {
    name: "bomb.csv",
    sizeBytes: head.length + piece.length * pieces,
    bytesRead: () => 0,
    async read(_, length) {
      return Uint8Array.from(Buffer.from(head + piece).subarray(0, length));
    },
    async *stream() {
      yield Buffer.from(head);
      const bytes = Buffer.from(piece);
      for (let count = 0; count < pieces; count += 1) yield bytes;
    },
  };
}
