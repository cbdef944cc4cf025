// The port to the room that is left on the disks a run writes to. Implemented in storages/disk-space.ts.

/** `workspace`: where `.stepwell/` lies; `environments`: the per-user cache. They may be on different disks. */
export type Place = "workspace" | "environments";

export interface Room {
  readonly folder: string;
  readonly freeBytes: number;
  /** Files that can still be made; null where the file system has no such limit. */
  readonly freeFiles: number | null;
}

export interface DiskSpace {
  look(place: Place): Room;
  /** True when so many bytes, and a few files, can be written there now. */
  hasRoom(place: Place, bytes: number): Promise<boolean>;
}
