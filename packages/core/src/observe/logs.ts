import { FardelError } from "../errors.ts";
import type { Surroundings } from "../release/request.ts";

export interface LogRequest extends Surroundings {
  /** Services and tasks; unless given, all. */
  workloads?: readonly string[];
  /** Milliseconds since 1970; unless given, the last ten minutes. */
  since?: number;
  /** CloudWatch Logs filter pattern. */
  filter?: string;
  /** Go on with new lines until the signal is aborted. */
  follow: boolean;
  signal?: AbortSignal;
}

export interface LogLine {
  /** Milliseconds since 1970. */
  at: number;
  /** Service or task. */
  workload: string;
  /** Last eight characters of the task's ARN. */
  task: string;
  message: string;
}

/** Log lines of services and tasks, merged by time. */
// biome-ignore lint/correctness/useYield: to come
export async function* readLogs(request: LogRequest): AsyncGenerator<LogLine, void> {
  throw new FardelError("UNFINISHED", `logs of ${request.descriptor.app} are not built yet`);
}
