// Hands pip's settings (index, certificates, find-links) on to uv, which has names of its own for them. What the user set
// for uv wins.

type Variables = Readonly<Record<string, string | undefined>>;

/** uv's variables for the settings that `pip config list` prints and `PIP_*` variables say. */
export function uvSettings(variables: Variables, pipConfig: string): Record<string, string> {
  const settings: Record<string, string> = {};
  const pip = { ...fileSettings(pipConfig), ...variableSettings(variables) };
  const set = (name: string, value: string | undefined, others: readonly string[] = []): void => {
    const taken = [name, ...others].some((each) => variables[each] !== undefined);
    if (!taken && value !== undefined && value.trim() !== "") settings[name] = value.trim();
  };
  const list = (value: string | undefined) => value?.split(/\s+/).filter((each) => each !== "");
  set("UV_DEFAULT_INDEX", pip["index-url"], ["UV_INDEX_URL"]);
  set("UV_INDEX", list(pip["extra-index-url"])?.join(" "), ["UV_EXTRA_INDEX_URL"]);
  set("UV_FIND_LINKS", list(pip["find-links"])?.join(","));
  set("UV_INSECURE_HOST", list(pip["trusted-host"])?.join(" "));
  set("SSL_CERT_FILE", pip.cert);
  if (/^(?:1|true|yes|on)$/i.test(pip["no-index"] ?? "")) set("UV_NO_INDEX", "1");
  return settings;
}

/** `global.index-url='https://…'`, one setting a line; the command's own section wins over the global one. */
function fileSettings(text: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const section of ["global", "install"]) {
    for (const line of text.split("\n")) {
      const match = /^([\w-]+)\.([\w-]+)=(.*)$/.exec(line.trim());
      if (match === null || match[1] !== section) continue;
      settings[match[2] ?? ""] = unquote(match[3] ?? "").replace(/\\n/g, " ");
    }
  }
  return settings;
}

function variableSettings(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      name.startsWith("PIP_") && value !== undefined
        ? [[name.slice(4).toLowerCase().replaceAll("_", "-"), value]]
        : [],
    ),
  );
}

function unquote(text: string): string {
  return /^(['"]).*\1$/s.test(text) ? text.slice(1, -1) : text;
}
