// What a web server answers for an address of an input, as `fetch` would give it: through the proxy that the variables name,
// which Node's own `fetch` does not know. Has no credentials.

import { STATUS_CODES } from "node:http";
import { pipeline, Readable } from "node:stream";
import zlib from "node:zlib";
import { own } from "../spec/own-keys.ts";
import { certificateProblem } from "./certificate-problem.ts";
import { saying } from "./fault.ts";
import { ask } from "./http-follow.ts";
import { discard, type HttpAnswer, HttpConnections } from "./http-request.ts";

export interface AddressOrder {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const connections = new HttpConnections();

export async function fetchAddress(address: string, order: AddressOrder): Promise<Response> {
  const url = new URL(address);
  const asking = { method: "GET", url, credentials: { kind: "none" }, isPlainGood: true } as const;
  try {
    return responseOf(await ask(connections, { ...asking, ...order }), url);
  } catch (error) {
    if (order.signal.aborted) throw order.signal.reason;
    throw new Error(certificateProblem(error) ?? saying(error), { cause: error });
  }
}

/** Answers that have no body, which `Response` holds to. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

function responseOf(answer: HttpAnswer, url: URL): Response {
  const { status } = answer;
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  const start = {
    status,
    statusText: STATUS_CODES[status] ?? "",
    headers: headers as [string, string][],
  };
  if (status < 200 || status > 599) {
    discard(answer);
    throw new Error(`the server answered ${status}, which is no status of HTTP`);
  }
  if (WITHOUT_BODY.has(status)) {
    discard(answer);
    return new Response(null, start);
  }
  return new Response(Readable.toWeb(unpacked(answer, url)) as ReadableStream, start);
}

/** Some servers pack what nobody asked them to. A file that is packed itself stays so: its name says it. */
function unpacked({ headers, body }: HttpAnswer, { pathname }: URL): Readable {
  const encoding = headers["content-encoding"]?.toLowerCase() ?? "identity";
  const unpack = own(UNPACK, encoding.replace(/^x-/, ""));
  if (unpack === undefined || (/gzip/.test(encoding) && /\.t?gz$/i.test(pathname))) return body;
  // Whoever reads it is told what goes wrong.
  return pipeline(body, unpack(), () => undefined);
}

const UNPACK: Readonly<Record<string, () => zlib.Gunzip>> = {
  gzip: zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
};
