// A connection that sends together what is written in one turn of the program, and receives much at once into one place: for
// a protocol of many small messages, a call of the system for each costs more than the messages. Knows no protocol.

import { connect, type Socket } from "node:net";

type Done = (error?: Error | null) => void;

export interface GatheringSocket {
  readonly socket: Socket;
  /** From now on whoever hears data keeps none of it: the next comes into the same place. */
  receiveInPlace(): void;
}

const PLACE_BYTES = 256 * 1024;

export function gatheringSocket(to: {
  readonly host: string;
  readonly port: number;
}): GatheringSocket {
  let place: Buffer | null = null;
  const socket = connect({
    ...to,
    onread: {
      buffer: () => place ?? Buffer.allocUnsafe(PLACE_BYTES / 4),
      callback(count, buffer) {
        socket.emit("data", Buffer.from(buffer.buffer, buffer.byteOffset, count));
        return true;
      },
    },
  });
  const plain = socket.write.bind(socket) as Socket["write"];
  let gathers = false;
  const write = (
    data: string | Uint8Array,
    encoding?: BufferEncoding | Done,
    done?: Done,
  ): boolean => {
    if (!gathers) {
      gathers = true;
      socket.cork();
      setImmediate(() => {
        gathers = false;
        socket.uncork();
      });
    }
    return plain(data, encoding as BufferEncoding, done);
  };
  // A socket gets its usual way of writing back whenever it connects.
  socket.on("connect", () => {
    socket.write = write;
  });
  return {
    socket,
    receiveInPlace() {
      place ??= Buffer.allocUnsafeSlow(PLACE_BYTES);
    },
  };
}
