// Modules of Node itself that most commands do without: loaded when they are asked for. `process.getBuiltinModule` would do
// the same, and is not in every Node that we run on.

import { createRequire } from "node:module";

interface NodeModules {
  readonly "node:readline": typeof import("node:readline");
  readonly "node:readline/promises": typeof import("node:readline/promises");
  readonly "node:v8": typeof import("node:v8");
  readonly "node:vm": typeof import("node:vm");
  readonly "node:worker_threads": typeof import("node:worker_threads");
}

export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] {
  return createRequire(import.meta.url)(name) as NodeModules[Name];
}
