// A mistake (or a doubt) about something the user wrote, with its place. Knows nothing of how it is printed.

/** Where in the user's files something stands. Lines and columns count from 1; columns in characters. */
export interface Position {
  /** Absolute path of the file. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One finding. An `error` refuses the job before anything starts; a `warning` never does. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** Stable, snake_case, documented in docs/reference/problems.md. */
  readonly code: string;
  /** One sentence: what is wrong, with the names the user wrote. */
  readonly message: string;
  /** What to do next, or null where the message says it already. */
  readonly hint: string | null;
  /** Null for problems that have no place in a file (an option of the command line). */
  readonly position: Position | null;
  /** True: the line there may hold a secret, so that it is never shown. */
  readonly hidesLine?: boolean;
  /** The component, path or compute that is not there: an error only for who needs it. */
  readonly lacks?: string;
}
