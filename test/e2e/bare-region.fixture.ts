import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Aws, connectAws, type FardelEvent } from "@fardel/core";
import { startDrydock } from "@fardel/drydock/drydock.ts";

/** An embedded region with nothing in it. */
export interface BareRegion {
  accountId: string;
  aws: Aws;
  close(): Promise<void>;
}

export async function startBareRegion(): Promise<BareRegion> {
  const directory = mkdtempSync(join(tmpdir(), "fardel-infrastructure-"));
  const drydock = await startDrydock({ directory, port: 0 });
  return {
    accountId: drydock.accountId,
    aws: connectAws({ environment: "local", region: drydock.region, endpoint: drydock.endpoint }, {}),
    async close() {
      await drydock.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** What became of each stack, in order. */
export function stackOutcomes(events: readonly FardelEvent[]): string[] {
  return events.flatMap((event) => (event.type === "stack.finished" ? [`${event.stack} ${event.outcome}`] : []));
}
