// Whether an error of the system says that a disk, or somebody's share of it, is full. Pure.

/** `ENOSPC` or `EDQUOT`. */
export function isOutOfSpace(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === "ENOSPC" || code === "EDQUOT";
}
