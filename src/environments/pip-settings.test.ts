import { describe, expect, it } from "vitest";
import { uvSettings } from "./pip-settings.ts";

const CONFIG = `:env:.cert='/from/env'
global.index-url='https://example.org/simple'
global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'
global.timeout='60'
install.find-links='/wheels /more'
global.trusted-host='example.org'
`;

describe("uvSettings", () => {
  it("says pip's settings in uv's names", () => {
    expect(uvSettings({}, CONFIG)).toEqual({
      UV_DEFAULT_INDEX: "https://example.org/simple",
      UV_INDEX: "https://a.example/simple https://b.example/simple",
      UV_FIND_LINKS: "/wheels,/more",
      UV_INSECURE_HOST: "example.org",
    });
  });

  it("lets PIP_ variables win over files", () => {
    const settings = uvSettings(
      { PIP_INDEX_URL: "https://mine.example", PIP_CERT: "/cert.pem", PIP_NO_INDEX: "1" },
      CONFIG,
    );
    expect(settings).toMatchObject({
      UV_DEFAULT_INDEX: "https://mine.example",
      SSL_CERT_FILE: "/cert.pem",
      UV_NO_INDEX: "1",
    });
  });

  it("leaves what the user set for uv alone, under its old name too", () => {
    const own = {
      UV_INDEX_URL: "https://uv.example",
      SSL_CERT_FILE: "/own.pem",
      PIP_CERT: "/c.pem",
    };
    const settings = uvSettings(own, CONFIG);
    expect(settings).not.toHaveProperty("UV_DEFAULT_INDEX");
    expect(settings).not.toHaveProperty("SSL_CERT_FILE");
  });

  it("has nothing to say without settings", () => {
    expect(uvSettings({}, "")).toEqual({});
  });
});
