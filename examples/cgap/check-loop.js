// ECS runs this beside indexer and ingester: exit code 0 says that they have begun a round in the last minute.
import { stat } from "node:fs/promises";

const { mtimeMs } = await stat("heartbeat");
process.exitCode = Date.now() - mtimeMs < 60_000 ? 0 : 1;
