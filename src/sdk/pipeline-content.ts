// What running the body of a pipeline has given: its calls, and which of their outputs are its own.

import type { DataType } from "../spec/graph.ts";
import type { Definition } from "./component.ts";
import type { Reference } from "./reference.ts";
import type { PipelineScope } from "./scope.ts";
import type { PipelineSettings } from "./settings.ts";

/** What a pipeline was found to hold. */
export interface Content {
  readonly settings: PipelineSettings;
  readonly scope: PipelineScope;
  readonly results: ReadonlyMap<string, Reference<DataType>>;
  readonly definition: Definition;
}
