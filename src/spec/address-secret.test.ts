import { expect, it } from "vitest";
import { addressSecrets, withoutAddressSecrets } from "./address-secret.ts";

it.each([
  ["db: postgres://ann:hunter2@host/db", "password", "db: postgres://ann:*******@host/db"],
  ["postgres://:hunter2@host", "password", "postgres://:*******@host"],
  ["psql 'mysql://u:p%40ss@h'", "password", "psql 'mysql://u:******@h'"],
  ["[https://a.org/x?sv=1&sig=aB%2Fc&se=2]", "signature", "[https://a.org/x?sv=1&sig=******&se=2]"],
  ["https://a.org/x?X-Amz-Signature=0f9a", "signature", "https://a.org/x?X-Amz-Signature=****"],
  ["https://a.org/x#access_token=ab", "signature", "https://a.org/x#access_token=**"],
  ["postgres://ann:Sup3r$ecret@host", "password", "postgres://ann:***********@host"],
  ["postgres://ann:p{a@host", "password", "postgres://ann:***@host"],
  ["postgres://ann:50%off@host", "password", "postgres://ann:******@host"],
  ["https://ghp_0123456789@a.org/x", "token", "https://**************@a.org/x"],
  ["https://glpat-012345678@a.org/x", "token", "https://***************@a.org/x"],
  [
    "{path: https://a.org/x?token=abc, type: t}",
    "signature",
    "{path: https://a.org/x?token=***, type: t}",
  ],
])("an address that holds a secret is found, and shown without it: %s", (text, what, shown) => {
  expect(addressSecrets(text)).toEqual([{ offset: text.search(/[a-z]+:\/\//), what }]);
  expect(withoutAddressSecrets(text)).toBe(shown);
});

it.each([
  "https://a.org/x?page=2&page_token=abc",
  "wasbs://container@account.blob.core.windows.net/x",
  "ssh://git@host/x",
  "git+https://my-name@a.org/x and https://0123456789abcdef0123456789abcdef@sentry.example/1",
  "azureml://datastores/d/paths/x?y",
  "https://a.org:8443/x@1:2",
  "psql postgres://ann:$PASSWORD@host/db",
  "postgres://ann:${PGPASSWORD}@host/db and https://a.org?sig=$SAS",
  "postgres://ann:${{inputs.pw}}@host/db",
  'f"postgres://{user}:{password}@{host}"',
  "postgres://%s:%s@%s",
  "postgres://%DB_USER%:%DB_PASSWORD%@host and postgres://%(user)s:%(password)s@host",
  "https://a.org/?token=$(cat token) and https://a.org/?token=prod-${TOKEN}&x={y}, https://a.org/?token={token}",
  "apptainer pull docker://ubuntu:22.04@sha256:9f86d08",
  "https://a.org/x?sig=REDACTED&x=1 or https://a.org/x?token=YOUR_TOKEN",
  "write it as postgres://user:password@host or postgres://user:<password>@host",
  "no address: ann:hunter2@host ?sig=abc",
])("a text without one is left alone: %s", (text) => {
  expect(addressSecrets(text)).toEqual([]);
  expect(withoutAddressSecrets(text)).toBe(text);
});
