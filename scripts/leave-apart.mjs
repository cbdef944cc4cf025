// Keeps what brings much of somebody else's code out of the bundles: such a module is a file of its own in dist/apart/,
// loaded when the first datastore of its kind is opened, or the first Parquet file read.

/** In src/datastores/. */
const BACKENDS = ["azure-blob", "gcs", "http", "postgres", "s3", "sftp"];
/** What is imported, and the name of its file. */
const PACKAGES = {
  hyparquet: "hyparquet",
  "hyparquet/src/column.js": "hyparquet-column",
  "hyparquet-writer": "hyparquet-writer",
};

/** Entry points for one build with splitting; a name is a path in dist/. */
export const apart = Object.fromEntries([
  ...BACKENDS.map((name) => [`apart/${name}`, `src/datastores/${name}.ts`]),
  ...Object.entries(PACKAGES).map(([name, file]) => [`apart/${file}`, name]),
]);

/** For the bundles whose files lie in dist/ itself. */
export const leaveApart = {
  name: "leave-apart",
  setup(build) {
    const inDatastores = /[\\/]src[\\/]datastores[\\/][^\\/]+$/;
    const backend = new RegExp(`^\\./(${BACKENDS.join("|")})\\.ts$`);
    build.onResolve({ filter: backend }, (found) =>
      inDatastores.test(found.importer) ? later(found.path.slice(2, -3), found) : null,
    );
    const named = new RegExp(`^(${Object.keys(PACKAGES).join("|")})$`);
    build.onResolve({ filter: named }, (found) => later(PACKAGES[found.path], found));
  },
};

function later(name, { kind }) {
  if (kind === "dynamic-import") return { path: `./apart/${name}.js`, external: true };
  return { errors: [{ text: `${name} must be loaded when it is used, by import()` }] };
}
