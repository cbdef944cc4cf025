// Definitions held in memory, by absolute path, for tests of reading them. Folders exist where a file lies below.

import type { RegisteredComponent, SpecReader } from "../spec/reader.ts";

export interface MemoryFiles {
  readonly files: Readonly<Record<string, string>>;
  /** Empty folders and data that nobody reads. */
  readonly folders?: readonly string[];
  /** By `name:version`; the last one of a name is its latest. */
  readonly components?: Readonly<Record<string, RegisteredComponent>>;
}

export function memoryReader(memory: MemoryFiles): SpecReader {
  const { files, folders = [], components = {} } = memory;
  const paths = [...Object.keys(files), ...folders];
  return {
    readText(path) {
      const text = files[path];
      return text === undefined ? { ok: false, reason: "no such file" } : { ok: true, text };
    },
    kind(path) {
      if (Object.hasOwn(files, path)) return "file";
      return paths.some((one) => one === path || one.startsWith(`${path}/`)) ? "folder" : null;
    },
    component(name, version) {
      const known = Object.entries(components).filter(([key]) =>
        version === null ? key.startsWith(`${name}:`) : key === `${name}:${version}`,
      );
      return known.at(-1)?.[1] ?? null;
    },
  };
}
