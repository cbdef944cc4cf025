// Between paths of a storage and keys of a bucket: the prefix that all keys of a datastore begin with. Knows no vendor.

/** What `list` asks a bucket for, as key prefixes: the file of that very name is looked up by itself. */
export class KeyPrefix {
  readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  key(path: string): string {
    return this.prefix === "" ? path : `${this.prefix}/${path}`;
  }

  /** Begins every key below `path`, and none beside it. */
  below(path: string): string {
    if (path !== "") return `${this.key(path)}/`;
    return this.prefix === "" ? "" : `${this.prefix}/`;
  }

  /** Null: a marker that some tools leave for a folder, and no file. */
  path(key: string): string | null {
    if (key === "" || key.endsWith("/")) return null;
    return this.prefix === "" ? key : key.slice(this.prefix.length + 1);
  }
}
