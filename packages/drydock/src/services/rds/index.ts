import { defineService } from "../../service.ts";
import { Databases } from "./databases.ts";
import { engineOperations } from "./engines.ts";
import { instanceOperations } from "./instance-operations.ts";
import { parameterGroupOperations } from "./parameter-groups.ts";
import { snapshotOperations } from "./snapshot-operations.ts";
import { subnetGroupOperations } from "./subnet-groups.ts";
import { tagOperations } from "./tags.ts";

const running = new WeakMap<object, Databases>();

/**
 * RDS for PostgreSQL on real servers on loopback. Multi-AZ, storage type, encryption and backup settings are kept and
 * shown as they were asked for; there is one server, on this machine's disk. Gaps: other engines, clusters, replicas,
 * automated backups, storage growth.
 */
export const rds = defineService({
  name: "rds",
  load: () => import("@aws-sdk/client-rds"),
  validationErrorCode: "InvalidParameterValue",
  operations: (region) => {
    const databases = new Databases(region);
    running.set(region, databases);
    return {
      ...instanceOperations(databases),
      ...snapshotOperations(databases),
      ...subnetGroupOperations(region),
      ...parameterGroupOperations(region),
      ...engineOperations(),
      ...tagOperations(databases),
    };
  },
  start: (region) => {
    running.get(region)?.resume();
    region.onClose(() => running.get(region)?.close());
  },
});
