// Loads the packages that are not in a program from the project's own folder, as if a file of the project asked for them.

import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";

const SCHEME = "stepwell-package:";

/** `PLACE!SPECIFIER`: whose node_modules are looked up, relative to the project, and what is imported. */
export async function importFromProject(name: string): Promise<unknown> {
  const { place, specifier } = placeOf(name);
  const ask = new vm.Script("(specifier) => import(specifier)", {
    filename: path.join(place, "step.mjs"),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  try {
    return await ask.runInThisContext()(specifier);
  } catch (error) {
    throw explained(error, specifier, place);
  }
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
