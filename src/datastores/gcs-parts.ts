// Uploads in pieces into a bucket of Google's: each part is an object of its own under an unfinished name, and the service
// puts them together, 32 at a time. Any part may come at any time, from any process. Throws what the API throws.

import { createHash } from "node:crypto";
import type { ContentId } from "../core/content.ts";
import type { PendingUpload, UploadedPart } from "../ports/storage.ts";
import { type GcsApi, type GcsObject, GcsRefusal } from "./gcs-api.ts";
import { UNFINISHED } from "./storage-path.ts";
import { inOrder } from "./upload-parts.ts";

/** What the service takes at once; twice that deep is enough for everything. */
const COMPOSED_AT_ONCE = 32;
export const MAX_PARTS = COMPOSED_AT_ONCE * COMPOSED_AT_ONCE;
const REMOVED_AT_ONCE = 16;
const SHA256 = "stepwell_sha256";

/** Begins the names of all that belongs to an upload. `below` "" or with a slash at its end. */
export class GcsParts {
  readonly #api: GcsApi;
  readonly #below: string;

  constructor(api: GcsApi, below: string) {
    this.#api = api;
    this.#below = below;
  }

  /** An object that says that the upload is still wanted. */
  async start(id: string): Promise<void> {
    await this.#api.insert({ name: this.#name(id, "upload") }, new Uint8Array(), {}, undefined);
  }

  /** Throws a refusal with 404 when the upload was given up. */
  async send(
    { id }: PendingUpload,
    number: number,
    body: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<UploadedPart> {
    await this.#api.object(this.#name(id, "upload"));
    const about = { name: this.#name(id, digits(number)), md5Hash: md5Of(body) };
    const { generation } = await this.#api.insert(about, body, {}, signal);
    return { number, sizeBytes: body.byteLength, tag: generation };
  }

  /** Null: there is no such upload. */
  async sent({ id }: PendingUpload): Promise<readonly UploadedPart[] | null> {
    const objects = await this.#objects(id);
    if (objects.length === 0) return null;
    const parts = objects.flatMap(({ name, size, generation }) => {
      const number = /\/(\d+)$/.exec(name)?.[1];
      if (number === undefined) return [];
      return [{ number: Number(number), sizeBytes: Number(size), tag: generation }];
    });
    return inOrder(parts);
  }

  async compose(
    { id, sha256 }: PendingUpload,
    parts: readonly UploadedPart[],
    key: string,
    ifAbsent: boolean,
  ): Promise<GcsObject> {
    let sources: readonly GcsObject[] = inOrder(parts).map(({ number, sizeBytes, tag }) => ({
      name: this.#name(id, digits(number)),
      size: String(sizeBytes),
      generation: tag,
    }));
    if (sources.length > COMPOSED_AT_ONCE) sources = await this.#composed(id, sources);
    const condition = ifAbsent ? { ifGenerationMatch: "0" } : {};
    return this.#api.compose(key, sources, aboutFile(sha256), condition);
  }

  async remove(id: string): Promise<void> {
    const left = [...(await this.#objects(id))];
    const drain = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop())
        await removeQuietly(this.#api, one.name);
    };
    await Promise.all(Array.from({ length: REMOVED_AT_ONCE }, drain));
  }

  async #composed(id: string, parts: readonly GcsObject[]): Promise<readonly GcsObject[]> {
    const groups: GcsObject[] = [];
    for (let at = 0; at < parts.length; at += COMPOSED_AT_ONCE) {
      const some = parts.slice(at, at + COMPOSED_AT_ONCE);
      const name = this.#name(id, `group-${digits(groups.length)}`);
      groups.push(await this.#api.compose(name, some, aboutFile(null), {}));
    }
    return groups;
  }

  async #objects(id: string): Promise<readonly GcsObject[]> {
    const objects: GcsObject[] = [];
    for (let token: string | undefined; ; ) {
      const page = await this.#api.list(this.#name(id, ""), token);
      objects.push(...(page.items ?? []));
      if (page.nextPageToken === undefined || page.nextPageToken === "") return objects;
      token = page.nextPageToken;
    }
  }

  #name(id: string, last: string): string {
    return `${this.#below}${UNFINISHED}${id}/${last}`;
  }
}

/** Of a file, as it is described when it is written. */
export function aboutFile(sha256: ContentId | null): Readonly<Record<string, unknown>> {
  const contentType = "application/octet-stream";
  return sha256 === null ? { contentType } : { contentType, metadata: { [SHA256]: sha256 } };
}

/** What an earlier write noted; null: nothing. */
export function notedSha256({ metadata }: GcsObject): ContentId | null {
  const note = metadata?.[SHA256] ?? "";
  return /^sha256:[0-9a-f]{64}$/.test(note) ? (note as ContentId) : null;
}

export function md5Of(body: Uint8Array): string {
  return createHash("md5").update(body).digest("base64");
}

/** False: it was gone already. */
export async function removeQuietly(api: GcsApi, key: string): Promise<boolean> {
  try {
    await api.remove(key);
    return true;
  } catch (error) {
    if (error instanceof GcsRefusal && error.status === 404) return false;
    throw error;
  }
}

function digits(number: number): string {
  return String(number).padStart(5, "0");
}
