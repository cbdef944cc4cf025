import { once } from "node:events";
import fs from "node:fs";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import ssh2, { type ParsedKey } from "ssh2";
import { describe, expect, it, onTestFinished } from "vitest";
import type { OpenableDatastore } from "../spec/datastore.ts";
import { storageContract } from "../testing/contracts/storage.ts";
import {
  bytesIn,
  failing,
  manyBytes,
  opened,
  pathsBelow,
  type StorageBackend,
  textAt,
  writeText,
} from "../testing/contracts/storage-backend.ts";
import { layLeftFiles } from "../testing/left-files.ts";
import { CLOSED_PORT, type MissingServer } from "../testing/servers/server-process.ts";
import { type SshServer, startSshd } from "../testing/servers/sshd.ts";
import { fingerprintOf } from "./known-hosts.ts";

type SftpDefinition = Extract<OpenableDatastore, { readonly type: "sftp" }>;

const sshd = await startSshd();
let folders = 0;

function definitionOf(server: SshServer, changes: Partial<SftpDefinition> = {}): SftpDefinition {
  const { host, port, user, privateKey, hostKey } = server;
  folders += 1;
  const folder = path.join(server.folder, `root ${folders}`);
  fs.mkdirSync(folder);
  const credentials = { kind: "private_key", privateKey, passphrase: null } as const;
  return { type: "sftp", host, port, user, path: folder, hostKey, credentials, ...changes };
}

function backendOf(server: SshServer | MissingServer): StorageBackend | MissingServer {
  if ("missing" in server) return server;
  const place = async () => {
    const definition = definitionOf(server);
    const { lockedKey, hostKey } = server;
    const password = { kind: "password", password: "not the password, by far" } as const;
    const locked = { kind: "private_key", privateKey: lockedKey } as const;
    return {
      definition,
      noSuchPlace: { ...definition, path: `${definition.path}-not` },
      unreachable: { ...definition, port: CLOSED_PORT, credentials: password },
      refused: {
        "a wrong password": { ...definition, credentials: password },
        "a locked key": { ...definition, credentials: { ...locked, passphrase: null } },
        "a wrong phrase": { ...definition, credentials: { ...locked, passphrase: "abracadabra" } },
        "another host key": { ...definition, hostKey: `${hostKey.slice(0, -4)}AAAA` },
      },
      disappear: async () => fs.rmSync(definition.path, { recursive: true }),
      put: null,
    };
  };
  return { name: "SFTP (sshd)", canWrite: true, place };
}

storageContract(backendOf(sshd));

/** What the user's own folder has to say, while the test runs. */
function homeWith(files: Readonly<Record<string, string>>): void {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "stepwell-home-"));
  const [before, agent] = [process.env.HOME, process.env.SSH_AUTH_SOCK];
  process.env.HOME = home;
  delete process.env.SSH_AUTH_SOCK;
  onTestFinished(() => {
    process.env.HOME = before;
    if (agent !== undefined) process.env.SSH_AUTH_SOCK = agent;
    fs.rmSync(home, { recursive: true });
  });
  fs.mkdirSync(path.join(home, ".ssh"));
  for (const [name, text] of Object.entries(files))
    fs.writeFileSync(path.join(home, ".ssh", name), text, { mode: 0o600 });
}

it("shows a password to the server, and is let in by it", async () => {
  const { private: key } = ssh2.utils.generateKeyPairSync("ed25519");
  const seen: string[] = [];
  const server = new ssh2.Server({ hostKeys: [key] }, (client) => {
    client.on("authentication", (way) => {
      if (way.method !== "password") return way.reject(["password"]);
      seen.push(`${way.username} ${way.password}`);
      way.accept();
    });
    client.on("session", (accept) =>
      accept().on("sftp", (begin) => {
        const files = begin();
        files.on("STAT", (request) => files.status(request, 2));
      }),
    );
    client.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const parsed = ssh2.utils.parseKey(key) as ParsedKey;
  const storage = await opened({
    type: "sftp",
    host: "127.0.0.1",
    port,
    user: "ann",
    path: "/data",
    hostKey: fingerprintOf(parsed.getPublicSSH()),
    credentials: { kind: "password", password: "the right one" },
  });
  await failing(storage.stat("file"), "no_such_place");
  expect(seen).toEqual(["ann the right one"]);
});

describe.skipIf("missing" in sshd)("an SSH server as a storage", () => {
  const server = sshd as SshServer;

  it("is not trusted when nobody said which key it has, and the message says how to", async () => {
    homeWith({});
    const storage = await opened(definitionOf(server, { hostKey: null }));
    const error = await failing(storage.stat("x"), "denied");
    expect(error.message).toContain(`host_key: ${server.hostKey}`);
    expect(error.message).toContain(`ssh -p ${server.port} ${server.user}@127.0.0.1`);
    expect(error.mayPass).toBe(false);
  });

  it.each(["ed25519", "rsa"] as const)("is trusted by its %s key in known_hosts", async (type) => {
    homeWith({ known_hosts: server.knownHosts[type] });
    const storage = await opened(definitionOf(server, { hostKey: null }));
    await writeText(storage, "file", "trusted");
    expect(await textAt(storage, "file")).toBe("trusted");
  });

  it("is not trusted with another key than known_hosts has, or a revoked one", async () => {
    const key = server.knownHosts.ed25519;
    const other = key.slice(0, -10) + key.slice(-10).replace(/\w/g, "A");
    homeWith({ known_hosts: other });
    const changed = await opened(definitionOf(server, { hostKey: null }));
    const error = await failing(changed.stat("x"), "denied");
    expect(error.message).toContain("another one");
    homeWith({ known_hosts: `@revoked ${key}` });
    const revoked = await opened(definitionOf(server, { hostKey: null }));
    expect((await failing(revoked.stat("x"), "denied")).message).toContain("revoked");
  });

  it("lets in by the key of the user's own folder, and by a locked one with its phrase", async () => {
    homeWith({ id_ed25519: server.privateKey, id_rsa: "no key at all" });
    const own = await opened(definitionOf(server, { credentials: { kind: "ambient" } }));
    await writeText(own, "file", "own key");
    const { lockedKey: privateKey, passphrase } = server;
    const credentials = { kind: "private_key" as const, privateKey, passphrase };
    const locked = await opened(definitionOf(server, { credentials }));
    await writeText(locked, "file", "locked key");
  });

  it("says that there is no key to try", async () => {
    homeWith({});
    const storage = await opened(definitionOf(server, { credentials: { kind: "ambient" } }));
    expect((await failing(storage.stat("x"), "denied")).message).toContain("~/.ssh");
  });

  it("is connected to anew after the connection was lost", async () => {
    const definition = definitionOf(server);
    const storage = await opened(definition);
    await writeText(storage, "file", "before");
    await storage.close();
    expect(await textAt(storage, "file")).toBe("before");
  });

  it("removes what killed writers left beside a new file, and nothing that may go on", async () => {
    const definition = definitionOf(server);
    const storage = await opened(definition);
    const stays = layLeftFiles(definition.path);
    await writeText(storage, "file", "whole");
    expect(fs.readdirSync(definition.path).sort()).toEqual([...stays, "file"].sort());
  });

  it("leaves nothing beside a file that is written, uploaded, refused or given up", async () => {
    const definition = definitionOf(server);
    const storage = await opened(definition);
    const body = manyBytes(10);
    const options = { sizeBytes: 10, sha256: null, partBytes: 5 };
    await writeText(storage, "file", body);
    await failing(writeText(storage, "file", body, { ifAbsent: true }), "exists");
    const upload = await storage.startUpload("uploaded", options);
    const parts = [
      await storage.uploadPart(upload, 2, body.subarray(5)),
      await storage.uploadPart(upload, 1, body.subarray(0, 5)),
    ];
    await storage.finishUpload(upload, parts);
    await storage.abandonUpload(await storage.startUpload("given-up", options));
    expect(fs.readdirSync(definition.path).sort()).toEqual(["file", "uploaded"]);
  });

  it("says what stands in the way of a file: a file for a folder, a folder for a file", async () => {
    const storage = await opened(definitionOf(server));
    await writeText(storage, "file", "x");
    await writeText(storage, "folder/file", "x");
    await failing(writeText(storage, "file/below", "x"), "bad_path");
    await failing(writeText(storage, "folder", "x"), "bad_path");
    await failing(writeText(storage, "folder", "x", { ifAbsent: true }), "bad_path");
    expect(await pathsBelow(storage, "")).toEqual(["file", "folder/file"]);
  });

  it("lists a link to a file as that file, and names a link to a folder and a name that is no text", async () => {
    const definition = definitionOf(server);
    const storage = await opened(definition);
    await writeText(storage, "folder/file", "linked");
    fs.symlinkSync("folder/file", path.join(definition.path, "link"));
    fs.symlinkSync("nowhere", path.join(definition.path, "dangling"));
    expect(await pathsBelow(storage, "")).toEqual(["folder/file", "link"]);
    fs.symlinkSync("folder", path.join(definition.path, "way"));
    const error = await failing(pathsBelow(storage, ""), "bad_path");
    expect(error.message).toContain("/way");
    fs.rmSync(path.join(definition.path, "way"));
    const name = Buffer.concat([Buffer.from(`${definition.path}/caf`), Buffer.from([0xe9])]);
    fs.writeFileSync(name, "x");
    await failing(pathsBelow(storage, ""), "bad_path");
  });

  it("says that a file was changed in place while it was read", async () => {
    const definition = definitionOf(server);
    const storage = await opened(definition);
    await writeText(storage, "file", manyBytes(6_000_000));
    const reading = (async () => {
      for await (const _ of await storage.read("file"))
        fs.appendFileSync(path.join(definition.path, "file"), "more");
    })();
    await failing(reading, "changed");
  });

  it("reads and writes many files at once over one connection", async () => {
    const storage = await opened(definitionOf(server));
    const names = Array.from({ length: 60 }, (_, at) => `many/${at}`);
    await Promise.all(names.map((name, at) => writeText(storage, name, manyBytes(200_000, at))));
    const read = await Promise.all(names.map(async (name) => bytesIn(await storage.read(name))));
    read.forEach((bytes, at) => {
      expect(bytes.equals(manyBytes(200_000, at))).toBe(true);
    });
  });
});
