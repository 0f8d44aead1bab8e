// ECS runs this beside the worker: exit code 0 says that the worker has done something in the last ten seconds.
import { stat } from "node:fs/promises";

const { mtimeMs } = await stat("heartbeat");
process.exitCode = Date.now() - mtimeMs < 10_000 ? 0 : 1;
