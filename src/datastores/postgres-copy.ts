// Rows into a table by `COPY … FROM STDIN`, as fast as the server takes them. Knows the protocol's part of it and nothing of
// cells.

import type { Connection, Submittable } from "pg";

/** What of the driver's connection this uses, and its types leave out. */
interface CopyConnection extends Connection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/** A query for `client.query`. The server must be in no other query. */
export class CopyIn implements Submittable {
  readonly #text: string;
  readonly #lines: AsyncIterable<Buffer>;
  #connection: CopyConnection | null = null;
  #error: unknown = null;
  #settle: { readonly done: () => void; readonly failed: (error: unknown) => void } | null = null;
  /** Settles when the server has said how it went. */
  readonly done: Promise<void>;

  constructor(text: string, lines: AsyncIterable<Buffer>) {
    this.#text = text;
    this.#lines = lines;
    this.done = new Promise((done, failed) => {
      this.#settle = { done, failed };
    });
  }

  submit(connection: Connection): void {
    this.#connection = connection as unknown as CopyConnection;
    this.#connection.query(this.#text);
  }

  handleCopyInResponse(): void {
    void this.#send();
  }

  handleError(error: unknown): void {
    // What broke off our own rows says more than the server's answer to it.
    this.#error ??= error;
    this.#settle?.failed(this.#error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#settle?.done();
  }

  async #send(): Promise<void> {
    const connection = this.#connection as CopyConnection;
    try {
      for await (const chunk of this.#lines) {
        if (this.#error !== null) return;
        connection.sendCopyFromChunk(chunk);
        if (connection.stream.writableNeedDrain) await drained(connection.stream);
      }
      connection.endCopyFrom();
    } catch (error) {
      this.#error = error;
      connection.sendCopyFail("the rows broke off");
    }
  }
}

function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      stream.off("drain", go);
      stream.off("close", go);
      resolve();
    };
    stream.on("drain", go);
    stream.on("close", go);
  });
}
