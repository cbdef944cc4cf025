// Loaded before the command line by tests (`node --import`): kills its process right before the n-th call of a kind that
// changes something outside of it, or counts those calls. Knows nothing of what they are for.

import fs from "node:fs";
import { createRequire, syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { isMainThread } from "node:worker_threads";

const environment = process.env;
// What the watched process starts inherits the variables, and is left alone.
const isMeant = Number(environment.STEPWELL_KILL_PARENT) === process.ppid;
const [wanted = "", number = "0"] = (environment.STEPWELL_KILL_AT ?? "").split(":");
const countsFile = environment.STEPWELL_KILL_COUNTS ?? "";
const counts = {};

function pass(kind) {
  counts[kind] = (counts[kind] ?? 0) + 1;
  if (kind === wanted && counts[kind] === Number(number)) process.kill(process.pid, "SIGKILL");
}

/** By the change, whichever of Node's functions makes it. */
const CHANGES = {
  write: ["write", "writeFile", "appendFile", "copyFile"],
  name: ["rename", "link", "symlink"],
  make: ["mkdir"],
  remove: ["rm", "unlink", "rmdir"],
  sync: ["fsync", "fdatasync"],
};

function watch(object, name, kind) {
  const original = object[name];
  if (typeof original !== "function") return;
  const watched = function (...words) {
    pass(kind);
    return original.apply(this, words);
  };
  object[name] = Object.assign(watched, original);
}

function opensForWriting(flags) {
  if (typeof flags === "string") return flags !== "r";
  return typeof flags === "number" && (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
}

function watchOpen(object, name) {
  const original = object[name];
  object[name] = function (at, flags, ...rest) {
    if (opensForWriting(flags)) pass("open");
    const opened = original.call(this, at, flags, ...rest);
    if (typeof opened?.then !== "function") return opened;
    return opened.then((handle) => {
      for (const method of ["write", "writeFile", "appendFile"]) watch(handle, method, "write");
      return handle;
    });
  };
}

function watchFiles() {
  for (const [kind, names] of Object.entries(CHANGES))
    for (const name of names) {
      watch(fs, name, kind);
      watch(fs, `${name}Sync`, kind);
      watch(fs.promises, name, kind);
    }
  watchOpen(fs, "openSync");
  watchOpen(fs, "open");
  watchOpen(fs.promises, "open");
  syncBuiltinESMExports();
}

/** The record: at its commits, and where one statement is a change by itself. */
function watchRecord() {
  const require = createRequire(import.meta.url);
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const hasOwn = major > 22 || (major === 22 && minor >= 13);
  const { prototype } = hasOwn ? require("node:sqlite").DatabaseSync : require("libsql");
  const { exec, prepare } = prototype;
  let inTransaction = false;
  prototype.exec = function (sql) {
    if (sql === "COMMIT") pass("commit");
    inTransaction = sql.startsWith("BEGIN");
    return exec.call(this, sql);
  };
  prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    const { run } = statement;
    statement.run = function (...values) {
      if (!inTransaction) pass("commit");
      return run.apply(this, values);
    };
    return statement;
  };
}

if (isMeant) {
  watchFiles();
  // What goes to a server, in as many pieces as it is written in; and what is said in the end.
  watch(net.Socket.prototype, "_writeGeneric", "send");
  watchRecord();
  if (countsFile !== "" && isMainThread)
    process.on("exit", () => fs.writeFileSync(countsFile, JSON.stringify(counts)));
}
