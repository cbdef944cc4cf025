import { join } from "node:path";
import { contentsContract } from "../testing/contracts/contents.ts";
import { createFolderContents } from "./folder.ts";

contentsContract("folder", (workspaceFolder) =>
  createFolderContents({
    workspaceFolder,
    storeFolder: join(workspaceFolder, ".stepwell", "store"),
    sharedFolders: [],
    workers: 1,
    python: "python3",
  }),
);
