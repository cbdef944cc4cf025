// The locks of environments as people look at them and renew them: what one says, and what it would say if it were resolved
// today. Writes only when it is told to.

import type {
  EnvironmentFailure,
  EnvironmentLocks,
  EnvironmentOutcome,
  LockUpgrade,
  ShownLock,
  WantedPackage,
} from "../ports/environments.ts";
import type { EnvironmentReference } from "../spec/graph.ts";
import { choosePython, pythonWarnings } from "./choose-python.ts";
import { chooseSoftware, type PackageSoftware } from "./choose-software.ts";
import type { EnvironmentsOptions } from "./environments.ts";
import { type Lock, lockedPackages, lockPath, readLock, writeLock } from "./lock-file.ts";
import { markerVariables } from "./marker.ts";
import { resolveLock } from "./resolve-lock.ts";
import { findUv } from "./uv.ts";

export function createEnvironmentLocks(options: EnvironmentsOptions): EnvironmentLocks {
  const packagesOf = async (
    reference: EnvironmentReference | null,
  ): Promise<PackageSoftware | EnvironmentFailure | null> => {
    const choice = await chooseSoftware(reference, options.table, options);
    if (!choice.ok) return choice.failure;
    return choice.software.kind === "packages" ? choice.software : null;
  };
  return {
    async show(reference) {
      const software = await packagesOf(reference);
      if (software === null) return { ok: true, value: null, warnings: [] };
      if ("code" in software) return { ok: false, failure: software };
      const file = lockPath(options, software);
      const value: ShownLock = { label: software.label, file, text: readLock(file)?.text ?? null };
      return { ok: true, value, warnings: [] };
    },
    async upgrade(reference, wanted) {
      const software = await packagesOf(reference);
      if (software === null) return { ok: true, value: null, warnings: [] };
      if ("code" in software) return { ok: false, failure: software };
      return upgradeLock(software, wanted, options);
    },
  };
}

async function upgradeLock(
  software: PackageSoftware,
  wanted: WantedPackage | null,
  options: EnvironmentsOptions,
): Promise<EnvironmentOutcome<LockUpgrade>> {
  const file = lockPath(options, software);
  const existing = readLock(file);
  const version = software.python ?? existing?.python ?? null;
  const python = await choosePython(version, options.variables, options.cacheFolder);
  if (python === null) return failed("No Python 3.8 or newer was found.", "Install Python 3.");
  const { facts } = python;
  const marks = markerVariables(facts.version, facts.platform);
  const versionsIn = (lock: Pick<Lock, "text">) => lockedPackages(lock.text, marks);
  const before = existing === null ? null : versionsIn(existing);
  if (wanted !== null && before !== null && !(wanted.name in before)) {
    const message = `The environment ${software.label} has no package ${wanted.name}.`;
    return failed(message, `It has ${Object.keys(before).sort().join(", ")}.`);
  }
  const uv = await findUv(options);
  if ("code" in uv) return { ok: false, failure: uv };
  const keep =
    wanted === null || existing === null ? null : { text: existing.text, wanted: [wanted] };
  const resolved = await resolveLock(software, facts.version, uv, keep);
  if ("code" in resolved) return { ok: false, failure: resolved };
  const after = versionsIn(resolved);
  if (wanted !== null && wanted.version !== null && after[wanted.name] !== wanted.version) {
    const message = `The definition of ${software.label} gives ${wanted.name} ${after[wanted.name] ?? "no version"}, not ${wanted.version}.`;
    return failed(message, "Change the version in the environment's definition.");
  }
  const value: LockUpgrade = {
    label: software.label,
    file,
    before,
    after,
    write: (locksFolder) =>
      void writeLock(lockPath({ ...options, locksFolder }, software), software, resolved),
  };
  return { ok: true, value, warnings: pythonWarnings(python, software.pythons) };
}

function failed<T>(message: string, hint: string): EnvironmentOutcome<T> {
  return { ok: false, failure: { code: "environment_build_failed", message, hint } };
}
