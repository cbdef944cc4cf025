// Loads the packages that are not in a program from the project's own folder, as if a file of the project asked for them.

import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";

const SCHEME = "stepwell-package:";

type Exports = Readonly<Record<string, unknown>>;

/**
 * `PLACE!SPECIFIER`: whose node_modules are looked up, relative to the project, and what is imported. With names, an
 * object that has these.
 */
export async function importFromProject(
  name: string,
  names: readonly string[] | null = null,
): Promise<unknown> {
  const { place, specifier } = placeOf(name);
  let found: Exports;
  try {
    found = await importFrom(place, specifier);
  } catch (error) {
    throw explained(error, specifier, place);
  }
  return names === null ? found : picked(found, names, specifier);
}

/** `import()` as a file of that folder would do it. Node has no other way to say from where, and warns that it is new. */
function importFrom(place: string, specifier: string): Promise<Exports> {
  const warn = process.emitWarning;
  process.emitWarning = () => {};
  try {
    const ask = new vm.Script("(specifier) => import(specifier)", {
      filename: path.join(place, "step.mjs"),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    return ask.runInThisContext()(specifier);
  } finally {
    process.emitWarning = warn;
  }
}

/** Node finds only some names of a CommonJS package; the others are members of its default. */
function picked(found: Exports, names: readonly string[], specifier: string): Exports {
  const whole = Object(found.default) as Exports;
  return Object.fromEntries(
    names.map((name) => {
      if (name in found) return [name, found[name]];
      if (name in whole) return [name, whole[name]];
      throw new SyntaxError(`package \`${specifier}\` exports no \`${name}\``);
    }),
  );
}

/** For CommonJS packages in the program: Node's own modules, and packages that stayed outside. */
export function requireFor(programUrl: string): NodeJS.Require {
  const own = createRequire(programUrl);
  const require = (wanted: string) => {
    if (!wanted.startsWith(SCHEME)) return own(wanted);
    const { place, specifier } = placeOf(wanted.slice(SCHEME.length));
    try {
      return createRequire(path.join(place, "step.mjs"))(specifier);
    } catch (error) {
      throw explained(error, specifier, place);
    }
  };
  return Object.assign(require, own);
}

function placeOf(name: string): { readonly place: string; readonly specifier: string } {
  const [place = "", specifier = ""] = name.split("!");
  const folder = process.env.STEPWELL_PROJECT_FOLDER;
  if (folder === undefined)
    throw new Error(
      `package \`${specifier}\` is loaded from the project, and STEPWELL_PROJECT_FOLDER does not name its folder`,
    );
  return { place: path.join(folder, place), specifier };
}

function explained(error: unknown, specifier: string, place: string): unknown {
  const { code } = error as { code?: string };
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return error;
  return Object.assign(
    new Error(`package \`${specifier}\` is not installed in ${place}: run npm install there`, {
      cause: error,
    }),
    { code },
  );
}
