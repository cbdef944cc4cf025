// Where recorded bytes can be read: at their own place while they are unaltered there, else in the copy that was kept.

import path from "node:path";
import type { ResolvedData } from "../../core/plan.ts";
import { places, type Workspace } from "../workspace.ts";

/** Of resolved data, which is one or the other. */
export async function readablePath(
  { folder, contents }: Pick<Workspace, "folder" | "contents">,
  { path: at, content }: Pick<ResolvedData, "path" | "content">,
): Promise<string> {
  const type = content.kind === "file" ? "uri_file" : "uri_folder";
  const found = await contents.identify(at, type);
  if (found.ok && found.value.id === content.id) return at;
  const hex = content.id.slice("sha256:".length);
  return path.join(places.kept(folder), hex.slice(0, 2), hex);
}
