import type { AwsError } from "../errors.ts";
import type { ProtocolName } from "../protocols/model.ts";
import type { Region } from "../region.ts";
import { wallClock } from "../scaled-clock.ts";
import { faultsOf } from "./fault-book.ts";
import { failedInside, throttled } from "./refusals.ts";

/** Thrown where a connection is to break off without an answer. */
export class ConnectionDropped extends Error {
  override readonly name = "ConnectionDropped";
}

/**
 * Carries out a call as the faults in force let it. A latency is the network's, so it passes on the wall's clock.
 *
 * @throws AwsError as AWS would answer; ConnectionDropped
 */
export async function carryOutUnderFaults<T>(
  region: Region,
  call: { service: string; protocol: ProtocolName; operation: string },
  carryOut: () => Promise<T>,
): Promise<T> {
  const faults = faultsOf(region).strike(call.service, call.operation);
  const latency = faults.reduce((sum, { milliseconds = 0 }) => sum + milliseconds, 0);
  if (latency > 0) await new Promise<void>((resolve) => wallClock(region.clock).after(latency, resolve));
  const fault = faults.find(({ kind }) => kind !== "latency");
  if (!fault) return carryOut();
  if (fault.carriedOut) await carryOut();
  throw refusalOf(fault.kind, call);
}

function refusalOf(kind: string, { service, protocol }: { service: string; protocol: ProtocolName }): AwsError | Error {
  if (kind === "drop") return new ConnectionDropped();
  return kind === "throttle" ? throttled(protocol) : failedInside(service);
}
