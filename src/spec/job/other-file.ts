// Says what a file is that is no job: an asset, a schedule, a compute, a script; and which command is for it. Knows files
// by their keys and by the address of their schema.

import path from "node:path";
import { get, getText, type TreeMapping } from "../tree.ts";

interface OtherFile {
  readonly what: string;
  /** Of assets that have a file of their own to check. */
  readonly asset?: "data" | "environment" | "model";
  readonly hint: string;
}

/** Null: nothing that is known. */
export function otherFile(tree: TreeMapping, file: string): OtherFile | null {
  const schema = /\/(\w+)\.schema\.json/.exec(getText(tree, "$schema") ?? "")?.[1] ?? "";
  const type = getText(tree, "type") ?? "";
  const has = (...keys: readonly string[]) => keys.every((key) => tree.entries.has(key));
  const name = path.basename(file);
  const asset = (kind: string, checked?: OtherFile["asset"]): OtherFile => ({
    ...(checked === undefined ? {} : { asset: checked }),
    what: `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`,
    hint: `Register it: \`stepwell ${kind.replace(/ asset$/, "")} create ${name}\`; a job names it \`azureml:NAME@latest\`.`,
  });
  if (/schedule/i.test(schema) || has("trigger", "create_job")) return schedule(tree);
  if (/(?:endpoint|deployment)/i.test(schema) || has("endpoint_name"))
    return {
      what: "an endpoint or a deployment",
      hint: "Stepwell runs jobs, and serves no models. Name a job file.",
    };
  if (COMPUTES.test(type) || /compute/i.test(schema))
    return {
      what: "a compute",
      hint: `Here a compute is a line of stepwell.yml: computes: {${getText(tree, "name") ?? "NAME"}: {type: local}}.`,
    };
  if (DATASTORES.test(type)) return asset("datastore");
  if (MODELS.test(type) || /^model$/i.test(schema)) return asset("model", "model");
  if (DATA.test(type) || /^data$/i.test(schema)) return asset("data asset", "data");
  if (/^environment$/i.test(schema) || has("conda_file") || has("image") || has("build"))
    return asset("environment", "environment");
  return null;
}

/** What makes a job of a script that was named in a job's place; null for anything else. */
export function scriptHint(file: string): string | null {
  if (!/\.(?:py|ipynb|r|sh|jl)$/i.test(file)) return null;
  return `Make a pipeline with a step for it: \`stepwell init ${file}\`.`;
}

function schedule(tree: TreeMapping): OtherFile {
  const job = get(tree, "create_job");
  const file = job?.kind === "scalar" ? job.text : "FILE";
  return {
    what: "a schedule",
    hint: `Stepwell starts nothing by the clock. Run its job: \`stepwell run ${file}\`, by cron if need be.`,
  };
}

const COMPUTES = /^(?:amlcompute|computeinstance|kubernetes|virtualmachine|synapsespark)$/i;
const DATASTORES = /^(?:azure_\w+|s3|gcs|sftp|http|postgres|file)$/;
const MODELS = /^(?:custom|mlflow|triton)_model$/;
const DATA = /^(?:uri_file|uri_folder|mltable)$/;
