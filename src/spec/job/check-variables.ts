// Checks the `environment_variables` of a node and of its component: names, and values that nobody fills in. Knows nothing
// of what else a process inherits.

import { getMapping, positionOf, type TreeMapping, type TreeNode, textOf } from "../tree.ts";
import type { LoadContext } from "./load-context.ts";
import type { JobNode } from "./scope.ts";

/** What can be said of variables before anything runs. */
export function checkVariables(
  node: JobNode,
  own: TreeMapping,
  sources: readonly TreeMapping[],
  context: LoadContext,
): void {
  for (const source of sources)
    for (const [name, { key }] of getMapping(source, "environment_variables")?.entries ?? [])
      if (name.includes("=")) reportName(name, key, context);
  for (const source of sources) warnOfLostStore(source, context);
  warnOfUnboundVariables(sources, node.path !== "", context);
  warnOfComponentVariables(node, own, context);
}

function reportName(name: string, place: TreeNode, context: LoadContext): void {
  const [meant = "", value = ""] = name.split("=", 2);
  const message = `\`${name}\` is not the name of a variable`;
  context.error(place, "bad_name", message, `Write \`${meant}: ${value}\`.`);
}

/** A tracking address of the user's own wins over the step's store; as a path it begins in a folder that does not last. */
function warnOfLostStore(source: TreeMapping, context: LoadContext): void {
  const variables = getMapping(source, "environment_variables");
  const value = variables?.entries.get("MLFLOW_TRACKING_URI")?.value;
  const address = value === undefined ? null : textOf(value);
  if (value === undefined || address === null || !LOST_STORE.test(address)) return;
  const message = `what MLflow logs to \`${address}\` is lost: it lies in the step's work folder, which goes when the step has ended`;
  const hint =
    "Leave the variable out: a step has a store of its own, which is recorded. Or name a server, or a whole path.";
  context.warn(value, "lost_metrics", message, hint);
}

/** A path from the work folder, but not to `outputs` and `logs` there, which are kept. */
const LOST_STORE =
  /^(?:sqlite(?:\+\w+)?:\/\/\/(?!\/)|file:(?!\/)|(?!\/|~|\w[\w+.-]*:|databricks$|uc$))(?!(?:\.\/)?(?:outputs|logs)(?:\/|$))[^$]+$/;

/** Only `${{parent.inputs.x}}` is filled in there, and that has happened: whatever else is left reaches the command as text. */
function warnOfUnboundVariables(
  sources: readonly TreeMapping[],
  inPipeline: boolean,
  context: LoadContext,
): void {
  for (const source of sources)
    for (const [name, { value }] of getMapping(source, "environment_variables")?.entries ?? []) {
      const reference = /\$\{\{.*?\}\}/.exec(textOf(value) ?? "")?.[0];
      if (reference === undefined) continue;
      const message = `the variable \`${name}\` gets \`${reference}\` as text`;
      context.warn(value, "bad_binding", message, variableHint(name, reference, inPipeline));
    }
}

function variableHint(name: string, reference: string, inPipeline: boolean): string {
  // Of CI systems: a command could not read it either.
  if (/^\$\{\{\s*(?:secrets|env|vars|variables|github)\./.test(reference))
    return `Remove it here, and hand it over from your shell: \`pass_env: [${name}]\` in stepwell.yml, or run with \`--env ${name}\`.`;
  const inCommand = `Set it in the command: \`export ${name}="${reference}"\``;
  return inPipeline
    ? `${inCommand}; or bind it to an input of the pipeline, \`\${{parent.inputs.x}}\`.`
    : `${inCommand}.`;
}

/** Azure ML's client drops them without a word, and its steps run without what they were written for. */
function warnOfComponentVariables(node: JobNode, own: TreeMapping, context: LoadContext): void {
  const { component, inline, type } = node;
  if (inline || type !== "command") return;
  const key = component.tree.entries.get("environment_variables")?.key;
  // Code has no such places: what is exported from it has the variables on its nodes.
  if (key === undefined || !/\.ya?ml$/i.test(positionOf(key)?.file ?? "")) return;
  const said = getMapping(own, "environment_variables")?.entries;
  const theirs = getMapping(component.tree, "environment_variables")?.entries.keys() ?? [];
  if ([...theirs].every((name) => said?.has(name))) return;
  const message =
    "the variables of a component are set here; Azure ML's client leaves them out of the job";
  const hint = "Say `environment_variables` on the node, beside `component`, where both read them.";
  context.warn(key, "dropped_by_azure", message, hint);
}
