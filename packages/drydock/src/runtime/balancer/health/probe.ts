import { get } from "node:http";
import type { RealAddress } from "../../network.ts";
import type { CheckResult } from "./health.ts";

/** One health check: asks a target and gives up when `signal` aborts. `host` is what the target sees as Host. */
export type Probe = (
  address: RealAddress,
  request: { host: string; path: string },
  signal: AbortSignal,
) => Promise<CheckResult>;

/** A health check by HTTP GET on a connection of its own, as ELB makes it. */
export const httpProbe: Probe = (address, { host, path }, signal) =>
  new Promise((resolve) => {
    const request = get(
      {
        ...address,
        path,
        agent: false,
        signal,
        headers: { Host: host, Connection: "close", "User-Agent": "ELB-HealthChecker/2.0", "Accept-Encoding": "gzip" },
      },
      (response) => {
        response.resume();
        // The body counts too: a target that never ends its answer has not passed.
        response.once("end", () => resolve({ status: response.statusCode ?? 0 }));
        response.once("error", () => resolve("error"));
      },
    );
    request.once("error", () => resolve("error"));
  });
