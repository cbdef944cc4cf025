import { describe, expect, it } from "vitest";
import { answerHead, dechunked, requestHead } from "./http-head.ts";

describe("the head of an answer", () => {
  it("tells status, headers, the length of the body, and whether the connection goes on", () => {
    const head = answerHead('HTTP/1.1 206 Partial Content\r\nETag: "a:b"\r\nContent-Length:  12 ');
    expect(head).toEqual({
      status: 206,
      headers: { etag: '"a:b"', "content-length": "12" },
      sizeBytes: 12,
      isChunked: false,
      isKept: true,
    });
  });

  it.each([
    ["HTTP/1.0 200 OK\r\nContent-Length: 1", 1, false],
    ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: Close", 1, false],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", null, true],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1", null, true],
    ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2", null, true],
    ["HTTP/1.1 200 OK\r\nContent-Length: -1", null, true],
    ["HTTP/1.1 200 OK", null, true],
    ["HTTP/1.1 204", 0, true],
    ["HTTP/1.1 100 Continue", 0, true],
  ])("%j", (text, sizeBytes, isKept) => {
    expect(answerHead(text)).toMatchObject({ sizeBytes, isKept });
  });

  it.each(["", "SSH-2.0-OpenSSH", "HTTP/2 200", "HTTP/1.1 200 OK\r\nno colon", "HTTP/1.1 2000"])(
    "is none: %j",
    (text) => expect(answerHead(text)).toBeNull(),
  );
});

describe("the head of a request", () => {
  it("is a line for each header, and an empty one", () => {
    const head = requestHead({ method: "GET", target: "/a%20b?c=1", headers: { host: "x:1" } });
    expect(head).toBe("GET /a%20b?c=1 HTTP/1.1\r\nhost: x:1\r\n\r\n");
  });

  it.each([
    ["/a b", {}],
    ["/a\r\nx: y", {}],
    ["/a", { "if-match": '"1"\r\nx: y' }],
    ["/a", { "if-match": "\u{1f600}" }],
  ])("has no room for a second line: %j %j", (target, headers) => {
    expect(() => requestHead({ method: "GET", target, headers })).toThrow();
  });
});

describe("a body in chunks", () => {
  const whole = "5;name=value\r\nhello\r\n9\r\n 0\r\n\r\n..x\r\n0\r\nafter: it\r\n\r\n";

  it("is put together", () => {
    expect(dechunked(Buffer.from(whole))?.toString()).toBe("hello 0\r\n\r\n..x");
    expect(dechunked(Buffer.from("0\r\n\r\n"))?.toString()).toBe("");
  });

  it("is not there before all of it came", () => {
    for (let length = 0; length < whole.length; length += 1)
      expect(dechunked(Buffer.from(whole.slice(0, length)))).toBeNull();
  });

  it.each(["zz\r\n\r\n", "-1\r\n\r\n", `${whole}HTTP/1.1 200 OK`])("is none: %j", (text) => {
    expect(dechunked(Buffer.from(text))).toBeNull();
  });
});
