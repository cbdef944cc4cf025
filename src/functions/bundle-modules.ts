// Bundles what a function reaches into one text by esbuild, with the modules it imports cut down and packages with native
// code left out. Knows files and packages, nothing of steps.

import path from "node:path";
import { TraceMap } from "@jridgewell/trace-mapping";
import {
  type BuildResult,
  build,
  type Location,
  type Message,
  type OnLoadResult,
  type Plugin,
  type PluginBuild,
} from "esbuild";
import { externalName, isNative, packageFolder } from "./external-packages.ts";
import { type FunctionProblem, FunctionProblems } from "./function-site.ts";
import { importedModule } from "./imported-module.ts";
import { readModule, readText, TARGET } from "./read-module.ts";
import { type MappedText, originalPlace, type Place, withInlineMap } from "./source-text.ts";
import { BESIDE, unshippable } from "./unshippable.ts";

export interface BundleOrder {
  readonly file: string;
  /** Takes the place of the file's own text. */
  readonly entry: MappedText;
  /** The same with all else that the file has: for a file that is imported back, which must not exist twice. */
  whole(): MappedText;
  readonly projectFolder: string;
}

export interface BundledModules extends MappedText {
  /** Folders of packages that the text loads from the project. */
  readonly externals: ReadonlySet<string>;
  readonly sources: readonly string[];
}

/** Each pass may find a package that cannot be bundled, or that the file is imported back; the next knows. */
export async function bundleModules(given: BundleOrder): Promise<BundledModules> {
  const unbundled = new Set<string>();
  let order = given;
  for (;;) {
    const pass = await bundleOnce(order, unbundled);
    const found = pass.unbundled.filter((folder) => !unbundled.has(folder));
    if (pass.isImportedBack && order.entry !== WHOLE_ALONE) {
      order = { ...given, entry: WHOLE_ALONE };
    } else if (found.length === 0) {
      if (pass.problems.length > 0) throw new FunctionProblems(pass.problems);
      return pass.bundled;
    }
    for (const folder of found) unbundled.add(folder);
  }
}

const WHOLE = "stepwell-whole";
const WHOLE_SUFFIX = "?whole";

const WHOLE_ALONE: MappedText = {
  text: `import ${JSON.stringify(WHOLE)};\n`,
  map: new TraceMap({ version: 3, sources: [], names: [], mappings: "" }),
};

interface Pass {
  /** Whether something of the file is in the text a second time. */
  readonly isImportedBack: boolean;
  readonly bundled: BundledModules;
  readonly problems: readonly FunctionProblem[];
  readonly unbundled: readonly string[];
}

async function bundleOnce(order: BundleOrder, unbundled: ReadonlySet<string>): Promise<Pass> {
  const externals = new Map<string, string>();
  const found = new Set<string>();
  const given = new Map<string, MappedText>();
  const result = await build({
    entryPoints: [order.file],
    absWorkingDir: order.projectFolder,
    outfile: path.join(order.projectFolder, "step.mjs"),
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    format: "esm",
    target: TARGET,
    charset: "utf8",
    // Programs see the names of functions and classes: `fn.name` names a metric, an error its class.
    keepNames: true,
    minifyIdentifiers: true,
    minifySyntax: true,
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: false,
    logLevel: "silent",
    // A program of a step is nobody's main module.
    define: { ...BESIDE, "import.meta.main": "false" },
    logLimit: 0,
    plugins: [
      ownModules(order, given),
      packages(order, unbundled, externals, found),
      stepwellItself,
    ],
  }).catch((error: BuildResult & { errors?: readonly Message[] }) => {
    if (error.errors === undefined) throw error;
    return error;
  });
  const errors = result.errors.flatMap((message) => errorsOf(order, message, given));
  const text = result.outputFiles?.find((file) => file.path.endsWith(".mjs"))?.text ?? "";
  const map = result.outputFiles?.find((file) => file.path.endsWith(".map"))?.text;
  const mapped = { text, map: new TraceMap(map ?? EMPTY_MAP) };
  const places = [...errors, ...unshippable(order, mapped)].map((problem) => ({
    problem,
    folder: packageOf(order, problem.file),
  }));
  return {
    isImportedBack: hasWhole(result),
    bundled: {
      ...mapped,
      externals: new Set(
        [...externals].flatMap(([name, folder]) => (text.includes(name) ? folder : [])),
      ),
      sources: sourcesOf(order, result),
    },
    problems: places
      .filter(({ folder }) => folder === null || unbundled.has(folder))
      .map(({ problem }) => problem),
    unbundled: [...found, ...places.map(({ folder }) => folder)].filter((one) => one !== null),
  };
}

function hasWhole(result: BuildResult): boolean {
  return Object.values(result.metafile?.outputs ?? {}).some(({ inputs }) =>
    Object.entries(inputs).some(
      ([name, { bytesInOutput }]) => name.endsWith(WHOLE_SUFFIX) && bytesInOutput > 0,
    ),
  );
}

/** The package that a file belongs to; null: the user's own file, even where that lies in a package itself. */
function packageOf(order: BundleOrder, file: string): string | null {
  const folder = packageFolder(file);
  return folder === packageFolder(order.file) ? null : folder;
}

const EMPTY_MAP = { version: 3 as const, sources: [], names: [], mappings: "" };

/** What went wrong in reading a module of the user was said there; what else goes wrong in our own part is a bug. */
function errorsOf(
  order: BundleOrder,
  message: Message,
  given: ReadonlyMap<string, MappedText>,
): readonly FunctionProblem[] {
  if (message.detail instanceof FunctionProblems) return message.detail.problems;
  if (message.detail instanceof Error) throw message.detail;
  return [errorOf(order, message, given)];
}

function errorOf(
  order: BundleOrder,
  message: Message,
  given: ReadonlyMap<string, MappedText>,
): FunctionProblem {
  const name = message.location?.file ?? "";
  const file = path.resolve(order.projectFolder, name.replace(/\?whole$/, ""));
  const missing = /^Could not resolve "([^"]+)"/.exec(message.text)?.[1];
  const isPackage = missing !== undefined && !/^[./]/.test(missing);
  const hint = isPackage
    ? `install it: npm install ${missing
        .split("/")
        .slice(0, missing.startsWith("@") ? 2 : 1)
        .join("/")}`
    : missing === undefined
      ? "correct the source, or leave it out of what the function uses"
      : "correct the path of the import";
  return {
    message: message.text.replace(/ \(.*\)$/s, ""),
    hint,
    ...(message.location === null
      ? { file: order.file, line: 1, column: 1 }
      : { file, ...placeOf(message.location, given.get(path.resolve(order.projectFolder, name))) }),
  };
}

/** Lines of esbuild are those of the text that it was given; its columns count bytes. */
function placeOf(location: Location, given: MappedText | undefined): Place {
  const { line, lineText } = location;
  const column = Buffer.from(lineText).subarray(0, location.column).toString().length;
  if (given === undefined) return { line, column: column + 1 };
  const before = given.text.split("\n").slice(0, line - 1);
  const start = before.reduce((sum, text) => sum + text.length + 1, 0);
  const found = originalPlace(given, start + column);
  return { line: found?.line ?? 1, column: found?.column ?? 1 };
}

function sourcesOf(order: BundleOrder, result: BuildResult): readonly string[] {
  return Object.keys(result.metafile?.inputs ?? {})
    .filter((name) => !name.startsWith("stepwell-itself:"))
    .map((name) => path.resolve(order.projectFolder, name.replace(/\?whole$/, "")));
}

const SCRIPT = /\.[cm]?[jt]sx?$/;

/** What an own module must be cut down for: most are read by esbuild as they are. */
const CUT_FOR = /stepwell|import\.meta|__dirname|__filename/;

/** The entry in place of the user's module; who imports that module gets it whole, and the entry is that then. */
function ownModules(order: BundleOrder, given: Map<string, MappedText>): Plugin {
  const give = (name: string, text: MappedText): OnLoadResult => {
    given.set(name, text);
    return { contents: withInlineMap(text), loader: "js", resolveDir: path.dirname(name) };
  };
  return {
    name: "own-modules",
    setup(pass) {
      pass.onLoad({ filter: SCRIPT, namespace: "file" }, async ({ path: file, suffix }) => {
        if (file === order.file)
          return suffix === "" ? give(file, order.entry) : give(file + suffix, order.whole());
        if (packageOf(order, file) !== null || !CUT_FOR.test(readText(file) ?? ""))
          return undefined;
        return give(file + suffix, importedModule(await readModule(file)));
      });
    },
  };
}

/** Looks at where each import leads. */
function packages(
  order: BundleOrder,
  unbundled: ReadonlySet<string>,
  externals: Map<string, string>,
  found: Set<string>,
): Plugin {
  const isExternal = new Map<string, boolean>();
  const leaves = (folder: string) => {
    const known = isExternal.get(folder) ?? (unbundled.has(folder) || isNative(folder));
    isExternal.set(folder, known);
    return known;
  };
  return {
    name: "packages",
    setup(pass) {
      pass.onResolve({ filter: /.*/ }, async (wanted) => {
        if (wanted.kind === "entry-point" || wanted.pluginData === SEEN) return undefined;
        if (/^(node:|stepwell(\/|$))/.test(wanted.path)) return undefined;
        if (wanted.path === WHOLE) return { path: order.file, suffix: WHOLE_SUFFIX };
        const isOwn = packageOf(order, wanted.importer) === null;
        if (!isOwn && /^[./]/.test(wanted.path)) return undefined;
        const { kind, importer, resolveDir } = wanted;
        const led = await pass.resolve(wanted.path, {
          kind,
          importer,
          resolveDir,
          pluginData: SEEN,
        });
        // The bundler itself knows that a missing one may be meant to be missing.
        if (led.errors.length > 0) return undefined;
        if (led.external || led.namespace !== "file") return led;
        if (led.path === order.file) return { ...led, suffix: WHOLE_SUFFIX };
        const folder = packageOf(order, led.path);
        if (folder === null || !leaves(folder)) return led;
        const name = externalName(order.projectFolder, { importer, folder }, wanted.path);
        externals.set(name, folder);
        return { path: name, external: true };
      });
      loadNative(order, pass, found);
    },
  };
}

const SEEN = { isSeen: true };

function loadNative(order: BundleOrder, pass: PluginBuild, found: Set<string>): void {
  pass.onLoad({ filter: /\.node$/ }, ({ path: file }) => {
    const folder = packageOf(order, file);
    if (folder !== null) found.add(folder);
    const text = "native code (.node) of your own cannot be shipped with a function step";
    return folder === null ? { errors: [{ text }] } : { contents: "", loader: "empty" };
  });
}

/** Inside a step nothing can be defined or submitted: whatever is imported refuses to be called. */
const stepwellItself: Plugin = {
  name: "stepwell-itself",
  setup(pass) {
    pass.onResolve({ filter: /^stepwell(\/|$)/ }, () => ({
      path: "stepwell",
      namespace: "stepwell-itself",
      sideEffects: false,
    }));
    pass.onLoad({ filter: /.*/, namespace: "stepwell-itself" }, () => ({
      contents: "module.exports = __stepwell_refuse__.all;",
      loader: "js",
    }));
  },
};
