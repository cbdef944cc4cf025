import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import ssh2, { type Connection } from "ssh2";
import { expect, it, onTestFinished } from "vitest";
import { bytesIn, failing, opened } from "../testing/contracts/storage-backend.ts";
import { fingerprintOf } from "./known-hosts.ts";

const BODY = Buffer.from("hello");
const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "pkcs1", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
const parsed = ssh2.utils.parseKey(privateKey);
if (parsed instanceof Error) throw parsed;

type Manner = "ends the connection" | "ends the channel";

/** It has one file, and ends something when that is read for the first time. */
async function storageOf(manner: Manner) {
  let isFirst = true;
  const attributes = { mode: 0o100644, uid: 0, gid: 0, size: BODY.length, atime: 1, mtime: 1 };
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
    clients.add(client);
    client.on("error", () => {}).on("authentication", (asked) => asked.accept());
    client.on("session", (accept) =>
      accept().on("sftp", (acceptChannel) => {
        const sftp = acceptChannel();
        sftp.on("OPEN", (id) => sftp.handle(id, Buffer.from("h")));
        for (const call of ["STAT", "LSTAT", "FSTAT"] as const)
          sftp.on(call as "STAT", (id: number) => sftp.attrs(id, attributes));
        sftp.on("CLOSE", (id) => sftp.status(id, 0));
        sftp.on("REALPATH", (id) =>
          sftp.name(id, [{ filename: "/", longname: "/", attrs: attributes }]),
        );
        sftp.on("READ", (id, _handle, offset, length) => {
          const part = BODY.subarray(offset, offset + length);
          if (!isFirst) return part.length === 0 ? sftp.status(id, 1) : sftp.data(id, part);
          isFirst = false;
          if (manner === "ends the connection") client.end();
          else sftp.end();
        });
      }),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const client of clients) client.end();
    server.close();
  });
  return opened({
    type: "sftp",
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    user: "ann",
    path: "/",
    hostKey: fingerprintOf((parsed as ssh2.ParsedKey).getPublicSSH()),
    credentials: { kind: "password", password: "any" },
  });
}

it.each(["ends the connection", "ends the channel"] as const)(
  "a server that %s in the middle of a read is told, and asked anew",
  async (manner) => {
    const storage = await storageOf(manner);
    await failing(storage.read("file").then(bytesIn), "unreachable");
    // Each channel in turn.
    for (let index = 0; index < 8; index += 1)
      expect(await bytesIn(await storage.read("file"))).toEqual(BODY);
  },
);
