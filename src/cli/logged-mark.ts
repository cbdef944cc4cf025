// What stands behind a metric that is no result: its attempt failed, or was stopped, after it had logged it.

/** `which` of two values; empty where both come from results. */
export function loggedMark(failed: boolean, which?: "before" | "after" | "both"): string {
  if (!failed) return "";
  return ` (${which === undefined ? "" : `${which}: `}of an attempt that did not succeed)`;
}
