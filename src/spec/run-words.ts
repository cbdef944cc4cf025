// The words that mean a run wherever one is asked for: no run can have them as its name.

/** The newest run, and the newest that failed. */
export const RUN_WORDS: readonly string[] = ["last", "last-failed"];
