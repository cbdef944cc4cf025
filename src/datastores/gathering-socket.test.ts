import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { gatheringSocket } from "./gathering-socket.ts";

it("sends together what is written in one turn, in order, and what is left when it ends", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const arrived = once(server, "connection").then(([socket]) => text(socket as Socket));
  const { socket } = gatheringSocket({ host: "127.0.0.1", port });
  await once(socket, "connect");
  /** How many messages each call of the system sent. */
  const sent: number[] = [];
  const together = socket._writev?.bind(socket);
  socket._writev = (chunks, done) => {
    sent.push(chunks.length);
    together?.(chunks, done);
  };
  for (let index = 0; index < 5; index += 1) socket.write(`${index} `);
  await new Promise((resolve) => socket.write("end of turn ", resolve));
  expect(sent).toEqual([6]);
  socket.write("last ");
  socket.end("words");
  expect(await arrived).toBe("0 1 2 3 4 end of turn last words");
});

it("hands on all that comes, whether it may be kept or not", async () => {
  const body = Buffer.alloc(3_000_000, "0123456789");
  const server = net.createServer((socket) => void socket.end(body)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { socket, receiveInPlace } = gatheringSocket({ host: "127.0.0.1", port });
  const kept: Buffer[] = [];
  const copied: Buffer[] = [];
  socket.on("data", (data: Buffer) => {
    if (kept.length < 3) kept.push(data);
    else copied.push(Buffer.from(data));
    if (kept.length === 3) receiveInPlace();
  });
  await once(socket, "close");
  expect(Buffer.concat([...kept, ...copied]).equals(body)).toBe(true);
});
