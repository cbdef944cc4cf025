// The servers that transfers are measured against, each on a free port of this machine with a folder of its own: versitygw
// for S3 and sshd for SFTP. What is not installed is skipped aloud.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

const children = [];

export function stopServers() {
  for (const child of children) child.kill("SIGKILL");
}

/** `{datastore, environment, remote, root}`, or `{skipped}`. `remote`: what rclone calls it. */
export async function startS3(folder) {
  const cached = path.join(os.homedir(), ".cache/stepwell-tests/versitygw/versitygw");
  const program = fs.existsSync(cached) ? cached : onPath("versitygw");
  if (program === null) return { skipped: "versitygw is not installed" };
  const port = await freePort();
  const root = path.join(folder, "s3");
  fs.mkdirSync(path.join(root, "bench"), { recursive: true });
  const [key, secret] = ["bench-key", "bench-secret-key"];
  await start(program, ["--port", `127.0.0.1:${port}`, "--keep-alive", "posix", root], port, {
    ROOT_ACCESS_KEY: key,
    ROOT_SECRET_KEY: secret,
  });
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    root: path.join(root, "bench"),
    remote: "s3:bench",
    environment: {
      RCLONE_CONFIG_S3_TYPE: "s3",
      RCLONE_CONFIG_S3_PROVIDER: "Other",
      RCLONE_CONFIG_S3_ENDPOINT: endpoint,
      RCLONE_CONFIG_S3_ACCESS_KEY_ID: key,
      RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: secret,
      RCLONE_CONFIG_S3_REGION: "us-east-1",
      BENCH_S3_KEY: key,
      BENCH_S3_SECRET: secret,
    },
    datastore: `type: s3
bucket: bench
endpoint: ${endpoint}
region: us-east-1
path_style: true
credentials: {access_key_id: {env: BENCH_S3_KEY}, secret_access_key: {env: BENCH_S3_SECRET}}
`,
  };
}

export async function startSftp(folder) {
  const program = onPath("sshd") ?? (fs.existsSync("/usr/sbin/sshd") ? "/usr/sbin/sshd" : null);
  if (program === null) return { skipped: "sshd is not installed" };
  const port = await freePort();
  const at = (name) => path.join(folder, name);
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  fs.copyFileSync(at("user.pub"), at("authorized"));
  fs.mkdirSync(at("sftp"));
  fs.mkdirSync("/run/sshd", { recursive: true });
  const settings = {
    Port: port,
    ListenAddress: "127.0.0.1",
    HostKey: at("host"),
    AuthorizedKeysFile: at("authorized"),
    PidFile: at("pid"),
    StrictModes: "no",
    MaxStartups: "100:30:200",
    MaxSessions: 100,
    Subsystem: "sftp internal-sftp",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  await start(program, ["-D", "-e", "-f", "/dev/null", ...options], port, {});
  const user = os.userInfo().username;
  const host = execFileSync("ssh-keygen", ["-lf", at("host.pub")], { encoding: "utf8" });
  return {
    root: at("sftp"),
    remote: `sftp:${at("sftp")}`,
    environment: {
      RCLONE_CONFIG_SFTP_TYPE: "sftp",
      RCLONE_CONFIG_SFTP_HOST: "127.0.0.1",
      RCLONE_CONFIG_SFTP_PORT: String(port),
      RCLONE_CONFIG_SFTP_USER: user,
      RCLONE_CONFIG_SFTP_KEY_FILE: at("user"),
      // It would start a program on the server for each file.
      RCLONE_CONFIG_SFTP_DISABLE_HASHCHECK: "true",
    },
    datastore: `type: sftp
host: 127.0.0.1
port: ${port}
user: ${user}
path: ${at("sftp")}
host_key: ${host.split(" ")[1]}
credentials: {private_key: {file: ${at("user")}}}
`,
  };
}

export function localFolder(folder) {
  const root = path.join(folder, "local");
  fs.mkdirSync(root);
  return { root, remote: root, environment: {}, datastore: `type: file\npath: ${root}\n` };
}

export function onPath(name) {
  try {
    return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}

async function start(program, words, port, environment) {
  const child = spawn(program, words, {
    stdio: "ignore",
    env: { ...process.env, ...environment },
  });
  children.push(child);
  for (let tries = 0; !(await accepts(port)); tries += 1) {
    if (tries > 600 || child.exitCode !== null) throw new Error(`${program} does not listen`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false)).once("connect", () => resolve(true));
    socket.once("connect", () => socket.destroy());
  });
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
