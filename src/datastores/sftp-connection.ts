// Connects to an SSH server, after its key was checked, and opens SFTP channels there. A connection that ended is made
// anew by whoever asks next. Knows no files.

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import ssh2, { type AnyAuthMethod, type Client, type ConnectConfig, type SFTPWrapper } from "ssh2";
import { readBytes } from "../ports/read-file.ts";
import type { OpenableDatastore, SftpCredentials } from "../spec/datastore.ts";
import { gatheringSocket } from "./gathering-socket.ts";
import { fingerprintOf, type KnownKey, knownKeys } from "./known-hosts.ts";
import { isOpen } from "./sftp-calls.ts";
import { UntrustedHost } from "./sftp-problem.ts";

export type SftpDefinition = Extract<OpenableDatastore, { readonly type: "sftp" }>;

const CONNECT_MS = 20_000;
/** Four of these without an answer end the connection. */
const ALIVE_MS = 15_000;
/** A server has a process for each, and often takes ten at most. */
const CHANNELS = 4;
const OWN_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];

interface Connection {
  readonly client: Client;
  readonly channels: Promise<SFTPWrapper>[];
  next: number;
}

export class SftpConnections {
  readonly #definition: SftpDefinition;
  #connecting: Promise<Connection> | null = null;

  constructor(definition: SftpDefinition) {
    this.#definition = definition;
  }

  /** One of a few, in turns: what is asked on one is answered in order, so a long answer keeps only some waiting. */
  async channel(): Promise<SFTPWrapper> {
    this.#connecting ??= this.#connect();
    const connection = await this.#connecting;
    const at = connection.next % CHANNELS;
    connection.next += 1;
    const there = connection.channels[at];
    const channel = await there?.catch(() => null);
    // A server may end one channel, and keep the connection.
    if (channel && isOpen(channel)) return channel;
    if (connection.channels[at] === there) connection.channels[at] = newChannel(connection.client);
    return connection.channels[at] as Promise<SFTPWrapper>;
  }

  async close(): Promise<void> {
    const connecting = this.#connecting;
    this.#connecting = null;
    const connection = await connecting?.catch(() => null);
    connection?.client.end();
  }

  #connect(): Promise<Connection> {
    const client = new ssh2.Client();
    let receiveInPlace = (): void => undefined;
    let untrusted: UntrustedHost | null = null;
    const forget = (): void => {
      this.#connecting = null;
    };
    return new Promise((resolve, reject) => {
      client.once("ready", () => {
        // Each small request would else wait for the answer to the one before: 40 ms for every step of a small file.
        client.setNoDelay(true);
        // What follows is decrypted, and so lies elsewhere.
        receiveInPlace();
        resolve({ client, channels: [], next: 0 });
      });
      client.on("error", (error) => {
        forget();
        reject(untrusted ?? error);
        client.destroy();
      });
      client.once("close", () => {
        forget();
        reject(untrusted ?? new Error("the connection was closed at once"));
      });
      try {
        const known = knownOf(this.#definition);
        const settings = settingsOf(this.#definition, known);
        const { host, port } = this.#definition;
        const gathering = gatheringSocket({ host, port });
        receiveInPlace = gathering.receiveInPlace;
        client.connect({
          ...settings,
          sock: gathering.socket,
          hostVerifier: (key: Buffer) => {
            untrusted = distrust(this.#definition, known, key);
            return untrusted === null;
          },
        });
      } catch (error) {
        forget();
        reject(error);
      }
    });
  }
}

export function sftpSecrets(credentials: SftpCredentials<string>): readonly string[] {
  if (credentials.kind === "password") return [credentials.password];
  if (credentials.kind === "ambient") return [];
  return [credentials.privateKey, credentials.privateKey.trim(), credentials.passphrase ?? ""];
}

function newChannel(client: Client): Promise<SFTPWrapper> {
  return new Promise((resolve, reject) => {
    client.sftp((error, channel) => {
      if (error !== undefined) return reject(error);
      // What fails is said to whoever asked; that it may be said here too must not end the program.
      channel.on("error", () => {});
      resolve(channel);
    });
  });
}

function knownOf({ host, port, hostKey }: SftpDefinition): readonly KnownKey[] {
  if (hostKey !== null) return [];
  const files = [join(homedir(), ".ssh", "known_hosts"), "/etc/ssh/ssh_known_hosts"];
  return knownKeys(files, host, port);
}

/** Null: it is who it should be. */
function distrust(
  { host, port, user, hostKey }: SftpDefinition,
  known: readonly KnownKey[],
  key: Buffer,
): UntrustedHost | null {
  const shown = fingerprintOf(key);
  if (hostKey !== null) {
    if (hostKey === shown) return null;
    const says = `the server has the key ${shown}, and the datastore's host_key is ${hostKey}`;
    return new UntrustedHost(`${says}. Ask its owner which is right before you change it`);
  }
  const same = known.filter((one) => one.key.equals(key));
  if (same.some(({ isRevoked }) => isRevoked))
    return new UntrustedHost(`the server's key ${shown} is revoked in known_hosts`);
  if (same.length > 0) return null;
  if (known.length > 0) {
    const says = `the server has the key ${shown}, and known_hosts has another one for it`;
    return new UntrustedHost(`${says}. Ask its owner before you remove the old one`);
  }
  const login = `ssh ${port === 22 ? "" : `-p ${port} `}${user}@${host}`;
  const ways = `set host_key: ${shown} in the datastore, or connect once with: ${login}`;
  const says = `nobody has said yet that the server with the key ${shown} is the right one`;
  return new UntrustedHost(`${says}. Compare it with what its owner says, then ${ways}`);
}

function settingsOf(definition: SftpDefinition, known: readonly KnownKey[]): ConnectConfig {
  const { host, port, user } = definition;
  return {
    host,
    port,
    username: user,
    readyTimeout: CONNECT_MS,
    keepaliveInterval: ALIVE_MS,
    keepaliveCountMax: 4,
    ...hostKeyTypes(known),
    authHandler: waysIn(definition),
  };
}

/** A server has several keys, and shows the first kind that we ask for: that must be one that is known. */
function hostKeyTypes(known: readonly KnownKey[]): Pick<ConnectConfig, "algorithms"> {
  if (known.length === 0) return {};
  const usual = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
  ];
  const all = [...usual, "rsa-sha2-512", "rsa-sha2-256"];
  const types = new Set(known.map(({ type }) => type));
  const isKnown = (name: string): boolean => types.has(name.startsWith("rsa-") ? "ssh-rsa" : name);
  const order = [...all.filter(isKnown), ...all.filter((name) => !isKnown(name))];
  return { algorithms: { serverHostKey: order as never } };
}

function waysIn({ user: username, credentials }: SftpDefinition): AnyAuthMethod[] {
  switch (credentials.kind) {
    case "password":
      return [
        { type: "password", username, password: credentials.password },
        {
          type: "keyboard-interactive",
          username,
          prompt: (_name, _instructions, _language, prompts, finish) =>
            finish(prompts.map(() => credentials.password)),
        },
      ];
    case "private_key": {
      const { privateKey: key, passphrase } = credentials;
      const withPhrase = passphrase === null ? {} : { passphrase };
      const parsed = ssh2.utils.parseKey(key, passphrase ?? undefined);
      // Its message may tell of the key.
      if (parsed instanceof Error)
        throw new Error("the private key cannot be read, or its passphrase is missing or wrong");
      return [{ type: "publickey", username, key, ...withPhrase }];
    }
    case "ambient":
      return ambientWays(username);
    default:
      return credentials satisfies never;
  }
}

function ambientWays(username: string): AnyAuthMethod[] {
  const agent = process.env.SSH_AUTH_SOCK;
  const keys = OWN_KEYS.map((name) => join(homedir(), ".ssh", name)).filter((at) => existsSync(at));
  const readable = keys
    .map((at) => readBytes(at))
    .filter((key) => !(ssh2.utils.parseKey(key) instanceof Error));
  const ways: AnyAuthMethod[] = [
    ...(agent === undefined || agent === "" ? [] : [{ type: "agent" as const, username, agent }]),
    ...readable.map((key) => ({ type: "publickey" as const, username, key })),
  ];
  if (ways.length > 0) return ways;
  throw new Error(
    "there is no ssh-agent and no private key in ~/.ssh that can be read without a passphrase",
  );
}
