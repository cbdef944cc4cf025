// What reading definitions needs from outside: files, and the components that the workspace has registered. Knows
// nothing of where either is kept.

export interface SpecReader {
  /** The text of a file, or one sentence why it cannot be read (missing, not UTF-8, a folder), and what to do about it. */
  readText(
    path: string,
  ):
    | { readonly ok: true; readonly text: string }
    | { readonly ok: false; readonly reason: string; readonly hint?: string | null };
  /** What stands at a path; null for nothing. */
  kind(path: string): "file" | "folder" | null;
  /** The name of what stands beside a path where nothing is, and is most like it. Left out: nobody can look. */
  near?(path: string): string | null;
  /** The command that registers the component of that name, whose file lies in the project. Left out: nobody can look. */
  registering?(name: string, version: string | null): string | null;
  /** A registered component; version and label both null mean the latest. Null when nothing is known of it. */
  component(
    name: string,
    version: string | null,
    label: string | null,
    registry: string | null,
  ): RegisteredComponent | MissingComponent | null;
}

export interface RegisteredComponent {
  readonly version: string;
  /** The definition's text, YAML or JSON, as it was registered. */
  readonly definition: string;
  /** Absolute folder that its relative paths start from. */
  readonly baseFolder: string;
  /** Absolute path of the file it was read from: in its own code it counts by what it says. */
  readonly file: string | null;
  /** How messages call its text: a file, or its name. */
  readonly place: string;
  /** What a step records of it: `name:version`, or its address in a registry. */
  readonly reference: string;
}

/** A registry is there, and what is asked of it is not. */
export interface MissingComponent {
  readonly missing: string;
  /** What to do next. */
  readonly hint: string;
}
