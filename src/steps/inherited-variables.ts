// The fixed list of variables that a step inherits from the shell of whoever submitted the run. Any other is asked for
// by name. Documented in docs/reference/step-environment.md.

import { put } from "../spec/own-keys.ts";

const FIXED: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "TZ",
  "TMPDIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "CURL_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
  "PIP_INDEX_URL",
  "PIP_CERT",
  "LD_LIBRARY_PATH",
  "JAVA_HOME",
]);

/** A pattern of `pass_env`: a name, or a name that ends in `*`. */
export function matchesPattern(name: string, pattern: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

/** What every step inherits. */
export function inheritedVariables(
  shell: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(shell))
    if (value !== undefined && (FIXED.has(name) || name.startsWith("LC_"))) inherited[name] = value;
  return inherited;
}

/** What finds the key of the workspace's secrets, as whoever submitted the run finds it. */
export function keyVariables(
  shell: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return passedVariables(shell, ["STEPWELL_SECRET_KEY", "XDG_CONFIG_HOME"]);
}

/** What is handed through because the workspace or the command line names it: values for masking and for steps. */
export function passedVariables(
  shell: Readonly<Record<string, string | undefined>>,
  patterns: readonly string[],
): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(shell))
    if (value !== undefined && patterns.some((pattern) => matchesPattern(name, pattern)))
      put(passed, name, value);
  return passed;
}

/**
 * What of a run's variables must not be read in a log: all that was asked for by name, and passwords in the addresses of
 * all of them: a program prints the password alone.
 */
export function secretsOf({
  inherited,
  passed,
}: {
  readonly inherited: Readonly<Record<string, string>>;
  readonly passed: Readonly<Record<string, string>>;
}): readonly string[] {
  const values = Object.values(passed);
  return [...values, ...[...values, ...Object.values(inherited)].flatMap(passwordsIn)];
}

/** As written, and as a program decodes it. */
function passwordsIn(value: string): readonly string[] {
  const [, written] = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/i.exec(value) ?? [];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
  }
}
