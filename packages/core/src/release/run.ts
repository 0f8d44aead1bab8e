import type { Aws } from "../aws/clients.ts";
import type { Emit } from "../events.ts";
import type { EnvironmentDescriptor } from "../infra/descriptor.ts";
import type { Time } from "./time.ts";

/** What every step of a change to an environment is handed. */
export interface Run {
  readonly aws: Aws;
  readonly descriptor: EnvironmentDescriptor;
  readonly emit: Emit;
  readonly time: Time;
  /** Aborted when the lock was lost or the person gave up. */
  readonly signal: AbortSignal;
  /** Aborted when nobody is to wait for an approval: what then comes to its gate is left waiting there. */
  readonly leave?: AbortSignal;
  /** Who has taken the release back that is being rolled out, as a sentence; undefined while nobody has. */
  readonly takenBack?: () => Promise<string | undefined>;
  /** Told when a service begins to wait for a person, and when that is over: others can bring the release to its end from there. */
  readonly atGate?: (service: string, waits: boolean) => Promise<void>;
  /** Throws when nothing may be written any more: the lock was lost, or the person gave up. Before every write. */
  check(): void;
}
