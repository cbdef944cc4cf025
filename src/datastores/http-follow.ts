// Asks a web server for a file, follows where it sends us, and shows credentials to nobody but the server that they are
// for. Knows no ranges or versions.

import type { HttpCredentials } from "../spec/datastore.ts";
import { discard, type HttpAnswer, type HttpConnections } from "./http-request.ts";

export interface Asking {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: HttpCredentials<string>;
  /** From `https:` to `http:` too. */
  readonly isPlainGood?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A redirect that is not followed. Its message says why. */
export class BadRedirect extends Error {}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 10;

export async function ask(connections: HttpConnections, asking: Asking): Promise<HttpAnswer> {
  let url = asking.url;
  for (let times = 0; times <= MAX_REDIRECTS; times += 1) {
    const isHome = url.origin === asking.url.origin;
    const { method, headers, signal } = asking;
    const answer = await connections.request({
      method,
      url,
      headers: { ...headers, ...(isHome ? authorization(asking.credentials) : {}) },
      signal,
    });
    const to = answer.headers.location;
    if (!REDIRECTS.has(answer.status) || to === undefined) return answer;
    discard(answer);
    url = next(url, to, asking.isPlainGood ?? false);
  }
  throw new BadRedirect(`the server sends us on more than ${MAX_REDIRECTS} times`);
}

function next(from: URL, to: string, isPlainGood: boolean): URL {
  if (!URL.canParse(to, from.href)) throw new BadRedirect("the server sends us to no address");
  const url = new URL(to, from.href);
  const isPlain = url.protocol === "http:" && (isPlainGood || from.protocol === "http:");
  if (url.protocol === "https:" || isPlain) return url;
  const says = `the server sends us from ${from.protocol} to ${url.protocol}, which is not followed`;
  throw new BadRedirect(says);
}

function authorization(credentials: HttpCredentials<string>): Readonly<Record<string, string>> {
  switch (credentials.kind) {
    case "bearer":
      return { authorization: `Bearer ${credentials.token}` };
    case "basic": {
      const { user, password } = credentials;
      return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
    }
    // Stands in the address itself.
    case "query":
    case "none":
      return {};
    default:
      return credentials satisfies never;
  }
}
