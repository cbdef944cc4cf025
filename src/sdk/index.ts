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
// Running from code.
export type {
  LogLine,
  PlanOptions,
  RerunOptions,
  Row,
  Run,
  RunInputs,
  RunOutput,
  SubmitOptions,
  WaitOptions,
} from "./run.ts";
export type {
  AttemptReport,
  Explanation,
  OutputReport,
  PlanReport,
  Reason,
  RunEvent,
  RunReport,
  RunStatus,
  StepFailure,
  StepPlan,
  StepReport,
  StepStatus,
} from "./run-report.ts";
export { notebook, rscript, script } from "./script.ts";
export type { CallSettings, CommandSettings, PipelineSettings, StepLike } from "./settings.ts";
export type { Picture } from "./shown.ts";
export { type Finding, StepwellError } from "./stepwell-error.ts";
export {
  exportTable,
  importQuery,
  type QueryDefinition,
  type TableDefinition,
  type TransferDefinition,
  transfer,
} from "./transfer.ts";
export {
  type Asset,
  type AssetList,
  type ComponentAssets,
  type DataAssets,
  type DataToRegister,
  openWorkspace,
  type Registered,
  type RunFilter,
  type Workspace,
} from "./workspace.ts";
