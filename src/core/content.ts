// What bytes are called: content ids, the manifest of a folder, and the cheap seal by which unchanged files are
// recognised. Knows the format, not the file system. The format is described in docs/reference/content-id.md.

declare const brand: unique symbol;

/** `sha256:<64 hex digits>`: a file's bytes, or a folder's Merkle root. */
export type ContentId = string & { readonly [brand]: "ContentId" };

/** One entry of a manifest. Paths are relative, `/`-separated; folders that hold something are implied. */
export type ManifestEntry =
  | {
      readonly type: "file";
      readonly path: string;
      readonly size: number;
      readonly executable: boolean;
      readonly id: ContentId;
    }
  | { readonly type: "link"; readonly path: string; readonly target: string }
  /** Only folders without entries are listed. */
  | { readonly type: "folder"; readonly path: string };

/** The complete list of what a folder holds, sorted by the raw bytes of the paths. */
export interface Manifest {
  readonly format: 1;
  readonly entries: readonly ManifestEntry[];
}

/** What is known about some data after reading it once. */
export interface Content {
  readonly kind: "file" | "folder";
  readonly id: ContentId;
  readonly sizeBytes: number;
  /** Number of files; 1 for a file. */
  readonly files: number;
  /**
   * Identity of the very files: a digest over (path, inode, size, mtime, ctime) of each. Equal seal means equal bytes;
   * another seal means: hash again.
   */
  readonly seal: string;
}

/** A code folder as a step will see it. */
export interface CodeSnapshot {
  /** Identity for the fingerprint: definition files are left out. */
  readonly id: ContentId;
  /** Name of the stored snapshot (definition files included): the key for `stage`. */
  readonly snapshotId: ContentId;
  /** Relative path → content id, of what counts for `id`; for explanations. */
  readonly parts: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  readonly files: number;
}
