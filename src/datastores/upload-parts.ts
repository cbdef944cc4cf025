// What every upload in pieces must keep to, whatever the storage: parts that are whole, in order and of the right length;
// and the journal of them, where a storage keeps none itself. Knows plain numbers and text only.

import type { PendingUpload, UploadedPart } from "../ports/storage.ts";

export interface PartPlace {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** How many there are; an empty file has one, which is empty. */
export function partCount({ sizeBytes, partBytes }: PendingUpload): number {
  return Math.max(1, Math.ceil(sizeBytes / partBytes));
}

/** Where that part lies in the file; null: there is no such part. */
export function partPlace(upload: PendingUpload, number: number): PartPlace | null {
  if (!Number.isInteger(number) || number < 1 || number > partCount(upload)) return null;
  const offset = (number - 1) * upload.partBytes;
  return { offset, sizeBytes: Math.min(upload.partBytes, upload.sizeBytes - offset) };
}

/** What is wrong with the parts that are to be put together; null: nothing. */
export function partsMistake(upload: PendingUpload, parts: readonly UploadedPart[]): string | null {
  const byNumber = new Map(parts.map((part) => [part.number, part]));
  const count = partCount(upload);
  if (byNumber.size !== parts.length) return "a part is named twice";
  for (let number = 1; number <= count; number += 1) {
    const part = byNumber.get(number);
    if (part === undefined) return `part ${number} of ${count} is missing`;
    const expected = partPlace(upload, number)?.sizeBytes;
    if (part.sizeBytes !== expected)
      return `part ${number} has ${part.sizeBytes} bytes where ${expected} belong`;
  }
  return parts.length === count ? null : `${parts.length} parts where ${count} belong`;
}

export function inOrder(parts: readonly UploadedPart[]): readonly UploadedPart[] {
  return [...parts].sort((one, other) => one.number - other.number);
}

/** One more of a journal: a line of its own even behind one that a crash cut off. */
export function partLine(part: UploadedPart): string {
  return `\n${JSON.stringify(part)}`;
}

/** What a journal says; of a part that was sent again, the last. */
export function notedParts(journal: string): readonly UploadedPart[] {
  const parts = journal.split("\n").flatMap((line) => partIn(line) ?? []);
  return inOrder([...new Map(parts.map((part) => [part.number, part])).values()]);
}

/** Null: an empty line, or one that a crash cut off. */
function partIn(line: string): UploadedPart | null {
  try {
    const { number, sizeBytes, tag } = JSON.parse(line) as Partial<UploadedPart>;
    if (number === undefined || sizeBytes === undefined || tag === undefined) return null;
    return { number, sizeBytes, tag };
  } catch {
    return null;
  }
}
