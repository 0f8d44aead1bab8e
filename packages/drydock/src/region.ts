import type { Clock } from "./clock.ts";
import type { Operations } from "./service.ts";
import type { ServiceName, Services } from "./services/index.ts";
import type { Store } from "./store/store.ts";
import type { Vault } from "./store/vault.ts";

type Invocable<O> = {
  [K in keyof O]-?: NonNullable<O[K]> extends (input: infer I, caller: never) => infer R
    ? (input: I) => Promise<Awaited<R>>
    : never;
};

/** `process`: each container's entry point on this machine. `simulated`: nothing, but everything else acts as if. */
export type TaskRuntime = "process" | "simulated";

/** What a service sees of the region it is part of. */
export interface Region {
  readonly name: string;
  readonly accountId: string;
  /** `http://127.0.0.1:4566`: where this region is reached. */
  readonly endpoint: URL;
  /** The directory for what doesn't belong into the store: image blobs, objects, database clusters, task roots. */
  readonly directory: string;
  readonly store: Store;
  /** For values that must not lie on disk in clear. */
  readonly vault: Vault;
  readonly clock: Clock;
  /** How tasks run; default `process`. */
  readonly runtime?: TaskRuntime;
  /** A line in drydock's own log. Never a secret. */
  log(message: string): void;
  /**
   * Calls another service's operations in this process, exactly as a client would over HTTP: input is validated, errors
   * are AwsErrors. `await region.call("ecs").CreateCluster({ clusterName })`.
   */
  call<Name extends ServiceName>(service: Name): Invocable<Operations<Services[Name]>>;
  /** Runs when the region shuts down, last registered first. */
  onClose(close: () => void | Promise<void>): void;
}
