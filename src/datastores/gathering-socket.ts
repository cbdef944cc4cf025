// A connection that sends together what is written in one turn of the program: for a protocol of many small messages, a
// call of the system for each costs more than the messages. Knows no protocol.

import { Socket } from "node:net";

type Done = (error?: Error | null) => void;

export function gatheringSocket(): Socket {
  const socket = new Socket();
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
  return socket;
}
