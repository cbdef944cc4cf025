// Starts OpenSSH's own server for the user who runs the tests, on this machine alone, with keys that nobody else has.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fingerprintOf } from "../../datastores/known-hosts.ts";
import { type MissingServer, startServer } from "./server-process.ts";
import { programOnPath, runInstaller } from "./test-cache.ts";

export interface SshServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Text of the key that it lets in. */
  readonly privateKey: string;
  /** The same key behind this phrase. */
  readonly lockedKey: string;
  readonly passphrase: string;
  /** `SHA256:…` of the key that it shows first. */
  readonly hostKey: string;
  /** Lines for known_hosts, by the type of key. */
  readonly knownHosts: Readonly<Record<"ed25519" | "rsa", string>>;
  /** On its disk, which is ours. */
  readonly folder: string;
}

const PASSPHRASE = "open, sesame street";

export async function startSshd(): Promise<SshServer | MissingServer> {
  const program = await sshdProgram();
  if (program === null)
    return { missing: "sshd is not installed (Debian: apt-get install openssh-server)" };
  if (process.getuid?.() === 0) fs.mkdirSync("/run/sshd", { recursive: true });
  const { port, folder } = await startServer({
    program,
    words: (free, own) => {
      makeKeys(own);
      return ["-D", "-e", "-f", configuration(own, free)];
    },
  });
  const data = path.join(folder, "data");
  fs.mkdirSync(data);
  const publicKey = (name: string): string =>
    fs
      .readFileSync(path.join(folder, `${name}.pub`), "utf8")
      .split(" ")
      .slice(0, 2)
      .join(" ");
  const read = (name: string): string => fs.readFileSync(path.join(folder, name), "utf8");
  return {
    host: "127.0.0.1",
    port,
    user: os.userInfo().username,
    privateKey: read("user"),
    lockedKey: read("locked"),
    passphrase: PASSPHRASE,
    hostKey: fingerprintOf(Buffer.from(publicKey("ed25519").split(" ")[1] ?? "", "base64")),
    knownHosts: {
      ed25519: `[127.0.0.1]:${port} ${publicKey("ed25519")}\n`,
      rsa: `[127.0.0.1]:${port} ${publicKey("rsa")}\n`,
    },
    folder: data,
  };
}

async function sshdProgram(): Promise<string | null> {
  const known = (): string | null =>
    fs.existsSync("/usr/sbin/sshd") ? "/usr/sbin/sshd" : programOnPath("sshd");
  if (known() === null && process.getuid?.() === 0 && programOnPath("apt-get") !== null)
    await runInstaller("apt-get", ["install", "-y", "--no-install-recommends", "openssh-server"], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    }).catch(() => {});
  return known();
}

function makeKeys(folder: string): void {
  const make = (name: string, type: string, phrase = ""): void => {
    const words = ["-q", "-t", type, "-N", phrase, "-C", "test", "-f", path.join(folder, name)];
    execFileSync("ssh-keygen", words);
  };
  make("ed25519", "ed25519");
  make("rsa", "rsa");
  make("user", "ed25519");
  fs.copyFileSync(path.join(folder, "user"), path.join(folder, "locked"));
  fs.chmodSync(path.join(folder, "locked"), 0o600);
  const locked = path.join(folder, "locked");
  execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", locked]);
}

function configuration(folder: string, port: number): string {
  const file = path.join(folder, "sshd_config");
  const lines = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${folder}/ed25519`,
    `HostKey ${folder}/rsa`,
    `PidFile ${folder}/sshd.pid`,
    `AuthorizedKeysFile ${folder}/user.pub`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication yes",
    "PermitRootLogin yes",
    "MaxSessions 100",
    "MaxStartups 100",
    "Subsystem sftp internal-sftp",
  ];
  fs.writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
