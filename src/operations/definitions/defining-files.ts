// Finds the file of the project that defines what is named and not registered yet, so that a message can say the command
// as it is to be typed. Looks through the workspace's folder once, and only when it is asked; limited in every direction.

import { readdirSync } from "node:fs";
import path from "node:path";
import { shellWord } from "../../core/shell-word.ts";
import type { AssetKind } from "../../ports/records.ts";
import { startOf } from "../../ports/start-of-file.ts";
import type { RegisterCommand } from "../workspace.ts";

interface Definition {
  readonly file: string;
  /** As the file says it; null: it leaves it open. */
  readonly version: string | null;
}

const MOST_ENTRIES = 5_000;
const MOST_FILES = 500;
const MOST_BYTES = 1 << 16;
const DEEPEST = 8;

/** Over the files below `folder`; paths are said from `current`. */
export function createRegisterCommands(folder: string, current: string): RegisterCommand {
  let found: ReadonlyMap<string, Definition> | null = null;
  return (kind, name, version) => {
    found ??= definitionsBelow(folder);
    const definition = found.get(`${kind} ${name}`);
    if (definition === undefined) return null;
    const asked = version === null || definition.version === version ? "" : ` --version ${version}`;
    return `stepwell ${kind} create ${shellWord(path.relative(current, definition.file))}${asked}`;
  };
}

function definitionsBelow(folder: string): ReadonlyMap<string, Definition> {
  const found = new Map<string, Definition>();
  for (const file of yamlFiles(folder)) {
    const text = startOf(file, MOST_BYTES);
    const key = definedIn(text);
    // Those nearest to the top stand for the others of their name.
    if (key !== null && !found.has(key))
      found.set(key, { file, version: VERSION.exec(text)?.[2] ?? null });
  }
  return found;
}

const VERSION = /^version:[ \t]*(['"]?)([\w.-]+)\1/m;

/** Level by level, in the order of their names. */
function yamlFiles(folder: string): readonly string[] {
  const files: string[] = [];
  let level = [folder];
  let left = MOST_ENTRIES;
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth += 1) {
    const below: string[] = [];
    for (const at of level) {
      const entries = entriesOf(at).slice(0, left);
      left -= entries.length;
      for (const entry of entries) {
        if (entry.isDirectory() && !isAside(entry.name)) below.push(path.join(at, entry.name));
        else if (entry.isFile() && /\.ya?ml$/.test(entry.name))
          files.push(path.join(at, entry.name));
      }
    }
    level = below;
  }
  return files.slice(0, MOST_FILES);
}

function entriesOf(folder: string) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

const ASIDE = new Set(["node_modules", "__pycache__", "mlruns", "venv"]);

function isAside(name: string): boolean {
  return name.startsWith(".") || ASIDE.has(name);
}

/** `component train`, by what stands at the left margin; null for what defines nothing that can be registered. */
function definedIn(text: string): string | null {
  const name = /^name:[ \t]*(['"]?)([\w.-]+)\1\s*?(?:#.*)?$/m.exec(text)?.[2];
  const kind = name === undefined ? null : kindOf(text);
  return kind === null ? null : `${kind} ${name}`;
}

function kindOf(text: string): AssetKind | null {
  const schema = /^\$schema:[^\n]*\/(\w+)\.schema\.json/m.exec(text)?.[1];
  if (schema?.endsWith("Component")) return "component";
  if (schema === "environment" || schema === "data" || schema === "model") return schema;
  if (schema !== undefined) return null;
  const type = /^type:[ \t]*['"]?(\w+)/m.exec(text)?.[1];
  if (type === undefined) return /^(?:image|conda_file|build):/m.test(text) ? "environment" : null;
  if (type === "command" || type === "pipeline") return "component";
  if (/^(?:uri_file|uri_folder|mltable)$/.test(type)) return "data";
  return /^(?:custom|mlflow|triton)_model$/.test(type) ? "model" : null;
}
