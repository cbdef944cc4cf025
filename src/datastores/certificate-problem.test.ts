import { execFileSync } from "node:child_process";
import fs from "node:fs";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import tls from "node:tls";
import { afterAll, expect, it } from "vitest";
import { failing, opened } from "../testing/contracts/storage-backend.ts";
import { openTables } from "./open-tables.ts";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-certificate-"));
const [key, cert] = ["key.pem", "cert.pem"].map((name) => path.join(folder, name));
const words = `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout ${key} -out ${cert}`;
execFileSync("openssl", words.split(" "), { stdio: "ignore" });
const own = { key: fs.readFileSync(key as string), cert: fs.readFileSync(cert as string) };

/** It never comes to an answer: nobody trusts it. */
const secure = tls.createServer(own).on("tlsClientError", () => {});
/** As PostgreSQL begins: it is asked whether it can, and says `S`. */
const asPostgres = net.createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => {
    socket.write("S");
    new tls.TLSSocket(socket, { ...own, isServer: true }).on("error", () => {});
  });
});
const ports = await Promise.all(
  [secure, asPostgres].map(async (server) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }),
);

afterAll(() => {
  for (const server of [secure, asPostgres]) server.close();
  fs.rmSync(folder, { recursive: true });
});

it.each(["s3", "http"] as const)(
  "of %s that nobody vouches for is told with what to do",
  async (type) => {
    const url = `https://127.0.0.1:${ports[0]}`;
    const keys = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: null };
    const place = { bucket: "b", prefix: "", region: "us-east-1", endpoint: url, pathStyle: true };
    const storage = await opened(
      type === "http"
        ? { type, url, credentials: { kind: "none" } }
        : { type, ...place, credentials: { kind: "keys", ...keys } },
    );
    const { message } = await failing(storage.stat("file"), "failed");
    expect(message).toContain("certificate is not trusted (self-signed certificate)");
    expect(message).toContain("NODE_EXTRA_CA_CERTS");
  },
);

it("of a database that nobody vouches for is told with what to do", async () => {
  const tables = await openTables({
    type: "postgres",
    host: "127.0.0.1",
    port: ports[1] as number,
    database: "d",
    user: "u",
    ssl: true,
    credentials: { kind: "password", password: "pw" },
  });
  const asked = tables.query({ kind: "query", text: "SELECT 1" }, new AbortController().signal);
  expect((await failing(asked, "failed")).message).toContain("NODE_EXTRA_CA_CERTS");
  await tables.close();
});
