// What MLflow kept as artifacts (models, figures, files) while a step ran, and what it registered in the step's own
// store. Knows MLflow's files, never MLflow itself.

import fs from "node:fs";
import path from "node:path";
import type { LeftFolder } from "../ports/contents.ts";
import { stepRuns } from "./mlflow-store.ts";
import { readStepFile } from "./step-file.ts";

/** Folders of artifacts of the step's runs; an `as` of `""` is the root of all. MLflow 3 keeps models apart, by name. */
export function mlflowArtifacts(store: string): readonly LeftFolder[] {
  const runs = stepRuns(store);
  const ofRuns = runs.map((run) => ({ folder: path.join(run, "artifacts"), as: "" }));
  const ids = new Set(runs.map((run) => path.basename(run)));
  const ofModels = loggedModels(store)
    .filter(({ run }) => run === null || ids.has(run))
    .map(({ folder, name }) => ({ folder: path.join(folder, "artifacts"), as: name }));
  return [...ofRuns, ...ofModels].filter(({ folder }) => namesIn(folder).length > 0);
}

export interface RegisteredByMlflow {
  readonly name: string;
  /** Where the model lies among the step's artifacts; null where it is not there. */
  readonly path: string | null;
}

/** The models that a step registered by MLflow, each once, with its newest version. */
export function registeredByMlflow(store: string): readonly RegisteredByMlflow[] {
  const ids = new Set(stepRuns(store).map((run) => path.basename(run)));
  const models = loggedModels(store);
  return namesIn(path.join(store, "models")).flatMap((name) => {
    const folder = path.join(store, "models", name);
    const versions = namesIn(folder).flatMap((entry) => /^version-(\d+)$/.exec(entry)?.[1] ?? []);
    const newest = versions.map(Number).sort((a, b) => b - a)[0];
    if (newest === undefined) return [];
    const source = field(path.join(folder, `version-${newest}`, "meta.yaml"), "source") ?? "";
    const [, id] = /^models:\/(.+)$/.exec(source) ?? [];
    const [, run, inside] = /\/([^/]+)\/artifacts\/(.+)$/.exec(source) ?? [];
    const logged = models.find(({ folder: of }) => path.basename(of) === id);
    const own = run !== undefined && ids.has(run) && inside !== undefined ? inside : null;
    return [{ name, path: logged?.name ?? own }];
  });
}

interface LoggedModel {
  readonly folder: string;
  readonly name: string;
  /** Id of the MLflow run that logged it. */
  readonly run: string | null;
}

/** Of MLflow 3, the newest first: of two with one name it counts. */
function loggedModels(store: string): readonly LoggedModel[] {
  return namesIn(store)
    .filter((name) => /^\d+$/.test(name))
    .map((experiment) => path.join(store, experiment, "models"))
    .flatMap((folder) => namesIn(folder).map((name) => path.join(folder, name)))
    .flatMap((folder) => {
      const meta = path.join(folder, "meta.yaml");
      const name = field(meta, "name");
      if (name === null || /^\.{0,2}$|[/\\]/.test(name)) return [];
      const at = Number(field(meta, "creation_timestamp") ?? 0);
      return [{ folder, name, run: field(meta, "source_run_id"), at }];
    })
    .sort((a, b) => b.at - a.at);
}

/** One field of a flat YAML file that MLflow wrote. */
function field(file: string, name: string): string | null {
  const text = readStepFile(file);
  if (text === null) return null;
  const found = new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1]?.trim() ?? "null";
  return found === "null" ? null : found.replace(/^(['"])(.*)\1$/, "$2");
}

function namesIn(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}
