// What is registered in a workspace: data, models, components.

import { type Registered as Done, registerGiven } from "../operations/assets/register-asset.ts";
import { findAsset } from "../operations/recorded/find-asset.ts";
import type { AssetKind, AssetRow } from "../ports/records.ts";
import type { RunOutput } from "../sdk/run.ts";
import type {
  Asset,
  AssetList,
  ComponentAssets,
  DataAssets,
  Registered,
} from "../sdk/workspace.ts";
import type { DataType } from "../spec/graph.ts";
import { checkGivenData, checkText } from "./given-data.ts";
import type { Home } from "./home.ts";
import { publishComponent } from "./publish.ts";
import { accepted } from "./refused.ts";

export function dataAssets(home: Home, kind: "data" | "model"): DataAssets {
  return {
    ...assetList(home, kind),
    async register(asked) {
      checkGivenData(asked);
      const { version = null, type = null, ...data } = asked;
      return home.use(async (workspace) => {
        const given = { ...data, version, type, baseFolder: process.cwd() };
        return registered(accepted(await registerGiven(workspace, kind, given)));
      });
    },
  };
}

/** Registers an output of a run under a name, with the run that made it. */
export function registerOutput(
  home: Home,
  { run, output, type }: { readonly run: string; readonly output: string; readonly type: DataType },
  as: Parameters<RunOutput["register"]>[0],
): Promise<Registered> {
  const kind = type.endsWith("_model") ? "model" : "data";
  const path = `azureml://jobs/${run}/outputs/${output}`;
  return dataAssets(home, kind).register({ ...as, type, path });
}

export function componentAssets(home: Home): ComponentAssets {
  return {
    ...assetList(home, "component"),
    publish: (component, as = {}) =>
      home.use(async (workspace) => registered(await publishComponent(workspace, component, as))),
  };
}

function assetList(home: Home, kind: AssetKind): AssetList {
  return {
    get: (text) =>
      home.use(async (workspace) =>
        assetOf(accepted(await findAsset(workspace, kind, checkText(text, "get")))),
      ),
    async *list(name) {
      if (name !== undefined) checkText(name, "list");
      const rows = await home.use((workspace) => workspace.records.assets(kind, name ?? null));
      for (const row of rows) yield assetOf(row);
    },
  };
}

function registered({ outcome, asset }: Done): Registered {
  return { outcome, ...assetOf(asset) };
}

function assetOf(row: AssetRow): Asset {
  const { name, version, contentId, description, tags, createdAt, createdBy, run } = row;
  const created = new Date(createdAt).toISOString();
  return { name, version, contentId, description, tags, created, createdBy, run };
}
