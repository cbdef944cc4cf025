import { expect, it } from "vitest";
import { parseCloudAddress } from "./cloud-address.ts";

it.each([
  ["s3://lake/events/at=10%3A30/a b.csv", "events/at=10%3A30/a b.csv"],
  ["gs://lake/at=10%3A30/x", "at=10%3A30/x"],
  ["S3://lake", ""],
  ["wasbs://c@a.blob.core.windows.net/my%20data/x", "my data/x"],
  ["https://a.blob.core.windows.net/c/my%20data/", "my data/"],
])("of %s the path is %j", (address, path) => {
  expect(parseCloudAddress(address)?.path).toBe(path);
});
