// HTTP/1.1 over connections that are kept, for many small requests and for bytes that go straight to their place in
// memory: Node's own client costs more than such a request does. Knows no vendor.

import { type WireAnswer, WireConnection, type WireRequest } from "./wire-connection.ts";

export class Wire {
  readonly #origin: URL;
  readonly #idle: WireConnection[] = [];
  readonly #all = new Set<WireConnection>();

  /** As many connections are made as requests are under way at once. */
  constructor(origin: URL) {
    this.#origin = origin;
  }

  /** Rejects where no answer came: the server may have heard the request all the same. */
  async send(request: WireRequest): Promise<WireAnswer> {
    request.signal?.throwIfAborted();
    const connection = this.#idle.pop() ?? this.#connect();
    return connection.exchange(request);
  }

  close(): void {
    for (const connection of this.#all) connection.end();
  }

  #connect(): WireConnection {
    const connection: WireConnection = new WireConnection(this.#origin, {
      free: () => this.#idle.push(connection),
      gone: () => {
        this.#all.delete(connection);
        const at = this.#idle.indexOf(connection);
        if (at >= 0) this.#idle.splice(at, 1);
      },
    });
    this.#all.add(connection);
    return connection;
  }
}
