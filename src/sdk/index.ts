// The public surface of the TypeScript SDK: everything that `import … from "stepwell"` gives.

export { command } from "./command.ts";
export { type CommandText, type Placeholder, sh } from "./command-text.ts";
export type { Component, DataPlace, Given, Step } from "./component.ts";
export { DefinitionError } from "./definition-error.ts";
export { type Environment, python } from "./environment.ts";
export { type StepContext, type StepLog, step } from "./function-step.ts";
export { component, type KnownComponents, loadComponent } from "./load-component.ts";
export { type Group, sequence, together } from "./order.ts";
export { type Pipeline, pipeline } from "./pipeline.ts";
export type { SourcePlace } from "./place.ts";
export {
  type InputPort,
  type InputPorts,
  input,
  type OutputPort,
  type OutputPorts,
  output,
} from "./ports.ts";
export type { Reference } from "./reference.ts";
export { notebook, rscript, script } from "./script.ts";
export type { CallSettings, CommandSettings, PipelineSettings, StepLike } from "./settings.ts";
