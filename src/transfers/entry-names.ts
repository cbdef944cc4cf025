// Which names a transfer takes over: those that mean the same file below any target, and nothing outside of it. Pure.

/** What names the target can have, where that is known. */
export interface TargetNames {
  /** `A` and `a` are one file there. */
  readonly ignoresCase: boolean;
  /** Longest part of a path and longest path, in bytes of UTF-8; null: no limit known. */
  readonly maxPartBytes: number | null;
  readonly maxPathBytes: number | null;
}

export const ANY_NAMES: TargetNames = {
  ignoresCase: false,
  maxPartBytes: null,
  maxPathBytes: null,
};

/** Why nothing may be called that; null: it may. */
export function nameProblem(path: string, names: TargetNames): string | null {
  if (path === "") return "is empty";
  if (path.startsWith("/")) return "is absolute";
  if (path.includes("\0")) return "holds a NUL";
  if (/[\ufffd\p{Surrogate}]/u.test(path)) return "is not valid UTF-8";
  for (const part of path.split("/")) {
    if (part === "") return "holds an empty part";
    if (part === "." || part === "..") return `holds the part ${part}`;
    const bytes = Buffer.byteLength(part);
    if (names.maxPartBytes !== null && bytes > names.maxPartBytes)
      return `has a part of ${bytes} bytes, and the target takes ${names.maxPartBytes}`;
  }
  const bytes = Buffer.byteLength(path);
  if (names.maxPathBytes !== null && bytes > names.maxPathBytes)
    return `is ${bytes} bytes long, and the target takes ${names.maxPathBytes}`;
  return null;
}

/** What the target tells apart. */
export function foldedName(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

const SHOWN = 80;

/** A hostile name as it can be shown: escaped, and not four thousand letters of it. */
export function shownName(path: string): string {
  const text = JSON.stringify(path);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…"`;
}
