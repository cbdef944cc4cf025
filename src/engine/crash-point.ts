// Named points at which a crash must be harmless. `STEPWELL_CRASH_AT=name:n` kills this process at the n-th passing of
// the point: how the crash tests reach each of them. Does nothing otherwise.

const wanted = parse(process.env.STEPWELL_CRASH_AT);
const passed = new Map<string, number>();

export function crashPoint(name: string): void {
  if (wanted === null || wanted.name !== name) return;
  const count = (passed.get(name) ?? 0) + 1;
  passed.set(name, count);
  if (count === wanted.count) process.kill(process.pid, "SIGKILL");
}

function parse(text: string | undefined): { readonly name: string; readonly count: number } | null {
  if (text === undefined || text === "") return null;
  const [name = "", count = "1"] = text.split(":");
  return { name, count: Number(count) };
}
