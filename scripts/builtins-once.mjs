// Lets the modules of a script share what esbuild makes of Node's own modules: by itself it copies every name of `node:fs`
// for each of two hundred files that import it, which takes a command 5 ms.

const SHARED = "shared-builtin";

export const builtinsOnce = {
  name: "builtins-once",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, namespace, kind }) => {
      // What is required is the module itself, not its names.
      const isShared = kind === "import-statement" && namespace !== SHARED;
      return isShared ? { path, namespace: SHARED } : { path, external: true };
    });
    build.onLoad({ filter: /^/, namespace: SHARED }, ({ path }) => ({
      contents: `export * from "${path}"; export { default } from "${path}";`,
    }));
  },
};
