// The proxy that the variables of this process name for an address, and connections through it. Reads `HTTP_PROXY`,
// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in small letters first, as curl does. Knows no request.

import http, { type AgentOptions } from "node:http";
import https from "node:https";
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";

type Variables = Readonly<Record<string, string | undefined>>;

/** Null: the server is asked itself. Throws where the proxy is of a kind that cannot be used. */
export function proxyFor(url: URL, variables: Variables): URL | null {
  const named = (name: string): string => variables[name] || variables[name.toUpperCase()] || "";
  const given =
    named(url.protocol === "https:" ? "https_proxy" : "http_proxy") || named("all_proxy");
  if (given === "" || isExempt(url, named("no_proxy"))) return null;
  const text = given.includes("://") ? given : `http://${given}`;
  const proxy = URL.canParse(text) ? new URL(text) : null;
  if (proxy?.protocol === "http:" || proxy?.protocol === "https:") return proxy;
  throw new Error(
    `the proxy is no http:// or https:// address; set NO_PROXY=${url.hostname} to do without`,
  );
}

/** No proxy can reach this machine for us. */
const LOOPBACK = /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** An entry is a host, a domain with all below it, either with a port, or `*`. */
function isExempt({ hostname, port, protocol }: URL, list: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, "");
  if (LOOPBACK.test(host)) return true;
  const own = port || (protocol === "https:" ? "443" : "80");
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === "*") return true;
    const [, name = "", only] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const bare = (net.isIPv6(entry) ? entry : name).replace(/^\[|\]$/g, "");
    if (bare === "" || (only !== undefined && !net.isIPv6(entry) && only !== own)) return false;
    return host === bare || (net.isIP(host) === 0 && host.endsWith(`.${bare}`));
  });
}

/** For the proxy alone; empty where it wants no login. */
export function proxyLogin({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "" && password === "") return {};
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { "proxy-authorization": `Basic ${login.toString("base64")}` };
}

/** What the proxy answers when it makes no way through. */
export class ProxyRefusal extends Error {
  readonly code = "EPROXY";
}

/** Secure connections through a proxy, which sees the host and nothing of what is said. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: tls.ConnectionOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const proxy = this.#proxy;
    const host = options.host ?? "";
    const to = `${net.isIPv6(host) ? `[${host}]` : host}:${options.port}`;
    const fail = callback as (error: Error) => void;
    const request = (proxy.protocol === "https:" ? https : http).request(proxy, {
      method: "CONNECT",
      path: to,
      headers: { host: to, ...proxyLogin(proxy) },
      agent: false,
    });
    request.once("connect", (answer, socket) => {
      if (answer.statusCode === 200) return callback(null, tls.connect({ ...options, socket }));
      socket.destroy();
      fail(new ProxyRefusal(`the proxy ${proxy.host} answered ${answer.statusCode}`));
    });
    request.once("error", fail);
    request.end();
  }
}
