// What is wrong with the certificate of a server, in words that say what to do. Knows no protocol.

import { codeOf, saying } from "./fault.ts";

/** Node's and OpenSSL's codes, of which each is about a certificate. */
const CODE =
  /^(?:ERR_TLS_CERT_\w+|CERT_\w+|\w*SELF_SIGNED_CERT\w*|UNABLE_TO_(?:GET_ISSUER|VERIFY)\w*)$/;

/** Null: it is about something else. */
export function certificateProblem(error: unknown): string | null {
  if (!CODE.test(codeOf(error))) return null;
  // Newer versions of Node add advice of their own, for whoever starts Node by hand.
  const [said] = saying(error).split("; if the root CA");
  return `the server's certificate is not trusted (${said}). Where it was made by an authority of your own, name its file: NODE_EXTRA_CA_CERTS=FILE`;
}
