// The identity of the software that a step ran in. Knows nothing of how environments are made.

/** What an environment really is: part of the fingerprint, stored once per id. Key order does not matter. */
export interface EnvironmentIdentity {
  /** `sha256:…` over the rest. */
  readonly id: string;
  /** How it came about, in words: `python of your shell`, `uv: sklearn-1.5`, `requirements.txt`. */
  readonly label: string;
  readonly kind: "host" | "uv" | "python";
  /** `3.11.7`, or null where there is no Python at all. */
  readonly pythonVersion: string | null;
  /** `linux-x86_64-glibc2.36`. */
  readonly platform: string;
  /** Distribution (normalised name) → version; a made environment has hashes in `lockId`. */
  readonly packages: Readonly<Record<string, string>>;
  /** Editable distributions → content id of their source. */
  readonly editable: Readonly<Record<string, string>>;
  /** Digest of the lock's text, or null. */
  readonly lockId: string | null;
  /** Versions of other programs that count for this step (`Rscript`, `node`), when its command starts with them. */
  readonly programs: Readonly<Record<string, string>>;
  /** What it sets besides PATH (`variables` of a conda file); absent where it sets none. */
  readonly variables?: Readonly<Record<string, string>>;
}
