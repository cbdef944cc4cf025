import { recordsContract } from "../testing/contracts/records.ts";
import { createMemoryStore } from "./memory.ts";
import { rememberResults } from "./remembered-results.ts";

recordsContract("remembered results", () => rememberResults(createMemoryStore()));
