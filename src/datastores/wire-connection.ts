// One connection of HTTP/1.1, for one request after the other. The body of an answer is received where it belongs, without
// a copy, if its length was announced; short ones come in any form. Knows no vendor and no other connection.

import net from "node:net";
import tls from "node:tls";
import {
  type AnswerHead,
  answerHead,
  dechunked,
  type RequestHead,
  requestHead,
} from "./http-head.ts";
import { NoAnswer } from "./patience.ts";

export interface WireRequest extends RequestHead {
  readonly body?: Uint8Array;
  /** Where the body of an answer goes that is none of an error, if it has room there. */
  readonly into?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

export interface WireAnswer extends AnswerHead {
  /** Null: it is too long for here. Less than announced where the connection broke after some of it. */
  readonly body: Uint8Array | null;
}

export interface WireOwner {
  /** It may be used for another request. */
  readonly free: () => void;
  readonly gone: () => void;
}

/** A server that takes longer to take a connection is not there. */
const CONNECT_MS = 10_000;
/** No byte either way for so long: the connection is dead, and does not say so. */
const SILENCE_MS = 120_000;
/** Room for a head, and with it for all of a small answer. */
const SCRATCH_BYTES = 16 * 1024;
/** Of a body that has no place of its own. */
const MOST_BYTES = 64 * 1024;

interface Exchange {
  readonly request: WireRequest;
  readonly resolve: (answer: WireAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly stop: () => void;
}

/** An answer whose head came. */
interface Coming {
  readonly head: AnswerHead;
  readonly into: Buffer;
}

export class WireConnection {
  readonly #socket: net.Socket;
  readonly #owner: WireOwner;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #exchange: Exchange | null = null;
  #coming: Coming | null = null;
  /** Bytes of the head, then of the body. */
  #filled = 0;

  constructor(origin: URL, owner: WireOwner) {
    this.#owner = owner;
    const late = setTimeout(() => this.#break(new NoAnswer(CONNECT_MS)), CONNECT_MS);
    const inTime = (): void => clearTimeout(late);
    this.#socket = connected(origin, {
      buffer: () => this.#place(),
      callback: (count) => this.#arrived(count),
    })
      .setNoDelay(true)
      .setTimeout(SILENCE_MS, () => this.#break(new NoAnswer(SILENCE_MS)))
      .once(origin.protocol === "https:" ? "secureConnect" : "connect", inTime)
      .on("error", (error) => this.#break(error))
      .on("close", () => {
        inTime();
        this.#break(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }));
      });
  }

  exchange(request: WireRequest): Promise<WireAnswer> {
    const { signal, body } = request;
    const head = requestHead(request);
    return new Promise((resolve, reject) => {
      const stop = (): void => this.#break(signal?.reason);
      this.#exchange = { request, resolve, reject, stop };
      signal?.addEventListener("abort", stop, { once: true });
      this.#socket.cork();
      this.#socket.write(head, "latin1");
      if (body !== undefined && body.byteLength > 0) this.#socket.write(body);
      this.#socket.uncork();
    });
  }

  end(): void {
    this.#break(new Error("the storage was closed"));
  }

  /** Where the next bytes go; never empty. */
  #place(): Uint8Array {
    return (this.#coming?.into ?? this.#scratch).subarray(this.#filled);
  }

  #arrived(count: number): boolean {
    this.#filled += count;
    const coming = this.#coming;
    if (this.#exchange === null) this.#break(new Error("an answer that nobody asked for"));
    else if (coming === null) this.#readHead();
    else this.#readMore(coming);
    return true;
  }

  #readMore({ head, into }: Coming): void {
    const isFull = this.#filled === into.byteLength;
    if (head.sizeBytes !== null) {
      if (isFull) this.#finish(head, into);
      return;
    }
    const body = dechunked(into.subarray(0, this.#filled));
    if (body !== null || isFull) this.#finish(head, body);
  }

  #readHead(): void {
    const end = this.#scratch.subarray(0, this.#filled).indexOf("\r\n\r\n");
    if (end < 0 && this.#filled < SCRATCH_BYTES) return;
    const head = end < 0 ? null : answerHead(this.#scratch.toString("latin1", 0, end));
    const rest = this.#scratch.subarray(end + 4, this.#filled);
    if (head === null) this.#break(new Error("the answer is none of HTTP"));
    else if (head.status >= 200) this.#readBody(head, rest);
    else this.#readNextHead(rest);
  }

  /** An answer that announces another one. */
  #readNextHead(rest: Uint8Array): void {
    this.#scratch.set(rest);
    this.#filled = rest.byteLength;
    if (this.#filled > 0) this.#readHead();
  }

  #readBody(head: AnswerHead, rest: Uint8Array): void {
    const into = this.#bodyPlace(head);
    if (into === null || rest.byteLength > into.byteLength) this.#finish(head, null);
    else {
      into.set(rest);
      this.#filled = rest.byteLength;
      this.#coming = { head, into };
      this.#readMore(this.#coming);
    }
  }

  /** Null: there is none. */
  #bodyPlace({ status, sizeBytes, isChunked }: AnswerHead): Buffer | null {
    const wanted = this.#exchange?.request.into;
    const bytes = isChunked ? MOST_BYTES : (sizeBytes ?? Number.POSITIVE_INFINITY);
    if (status < 300 && wanted !== undefined && !isChunked && bytes <= wanted.byteLength)
      return Buffer.from(wanted.buffer, wanted.byteOffset, bytes);
    return bytes <= MOST_BYTES ? Buffer.allocUnsafe(bytes) : null;
  }

  #finish(head: AnswerHead, body: Uint8Array | null): void {
    const exchange = this.#take();
    if (body !== null && head.isKept) this.#owner.free();
    else this.#drop();
    exchange?.resolve({ ...head, body });
  }

  #break(error: unknown): void {
    const [coming, filled] = [this.#coming, this.#filled];
    const exchange = this.#take();
    this.#drop();
    const isWanted = exchange?.request.signal?.aborted !== true;
    if (isWanted && coming !== null && coming.head.status < 300 && filled > 0)
      exchange?.resolve({ ...coming.head, body: coming.into.subarray(0, filled) });
    else exchange?.reject(error);
  }

  #take(): Exchange | null {
    const exchange = this.#exchange;
    exchange?.request.signal?.removeEventListener("abort", exchange.stop);
    this.#exchange = null;
    this.#coming = null;
    this.#filled = 0;
    return exchange;
  }

  #drop(): void {
    this.#owner.gone();
    this.#socket.destroy();
  }
}

function connected({ protocol, hostname, port }: URL, onread: net.OnReadOpts): net.Socket {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "http:") return net.connect({ host, port: Number(port || 80), onread });
  const named = net.isIP(host) === 0 ? { servername: host } : {};
  const own = { ...named, ALPNProtocols: ["http/1.1"], onread };
  return tls.connect({ host, port: Number(port || 443), ...own });
}
