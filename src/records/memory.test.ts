import { recordsContract } from "../testing/contracts/records.ts";
import { createMemoryStore } from "./memory.ts";

recordsContract("memory", createMemoryStore);
