import type { App, Service, Task } from "../config/app.ts";
import { imageKey } from "../images/needed-images.ts";
import type { PublishedImage } from "../images/publish-images.ts";
import { loadBalancerUrl } from "../infra/load-balancer-url.ts";
import {
  type Changes,
  changesFor,
  newDefinitions,
  type RuleChange,
  type ServiceChange,
  type TaskChange,
} from "./changes.ts";
import { type CurrentState, readCurrentState } from "./current.ts";
import { readBases } from "./definitions/base-definitions.ts";
import type { Difference } from "./definitions/difference.ts";
import { configurationOf, releasedNames } from "./partial.ts";
import { checkSecrets } from "./preflight/secrets.ts";
import { stateBucket } from "./records/state-bucket.ts";
import type { Surroundings } from "./request.ts";
import { serviceAddresses } from "./routing/addresses.ts";
import { describeConditions, isPending } from "./routing/listener-rules.ts";

export type { Difference } from "./definitions/difference.ts";

export interface PlanRequest extends Surroundings {
  app: App;
  /** By `imageKey`. One that isn't given is taken to stay as it is. */
  images?: ReadonlyMap<string, Pick<PublishedImage, "reference">>;
  only?: readonly string[];
  /** For `${commit}`. */
  commit?: string;
}

/** What a release would change. */
export interface ReleasePlan {
  /** The release that serves now. */
  serving: number | undefined;
  workloads: WorkloadPlan[];
  rules: RulePlan[];
}

export interface WorkloadPlan {
  name: string;
  kind: "service" | "task";
  action: "create" | "update" | "remove" | "none";
  /** What is different in the task definition and in the service, by path. For `create`: all there is to say. */
  differences: Difference[];
  /** Set where its image isn't known, so that it may change all the same. */
  unknownImage: boolean;
}

export interface RulePlan {
  service: string;
  action: "create" | "update" | "delete";
  /** Such as `shop.example.com/api/*`. */
  before?: string;
  after?: string;
}

/** Compares what the manifest says with what serves; changes nothing. Secrets that are missing don't stop it. */
export async function planRelease(request: PlanRequest): Promise<ReleasePlan> {
  const { app, aws, descriptor, only, images: known = new Map(), commit = "" } = request;
  const names = releasedNames(app, only);
  const [current, { arns: secretArns, keys: secretKeys }, url, bases] = await Promise.all([
    readCurrentState(aws, descriptor, stateBucket(aws, descriptor.stateBucket), Object.keys(app.services)),
    checkSecrets(aws, app, descriptor, names),
    loadBalancerUrl(aws, descriptor),
    readBases(app, names),
  ]);
  const workloads = [...Object.values(app.services), ...Object.values(app.tasks)].filter(({ name }) => names.has(name));
  const isUnknown = (workload: Service | Task) =>
    [workload, ...Object.values(workload.sidecars)].some(({ image }) => !known.has(imageKey(image)));
  const images = new Map(
    workloads.flatMap((workload) =>
      [workload, ...Object.values(workload.sidecars)].map(({ name, image }): [string, string] => {
        const key = imageKey(image);
        const runs = currentImage(current, workload.name, name);
        return [key, known.get(key)?.reference ?? runs ?? `${key} (to be published)`];
      }),
    ),
  );
  const definitions = newDefinitions(app, names, {
    descriptor,
    images,
    secretArns,
    secretKeys,
    bases,
    addresses: serviceAddresses(app.services, url),
    release: current.serving?.number ?? 1,
    commit,
  });
  const configuration = configurationOf(app, names, current.serving);
  const changes = changesFor({ configuration, names, definitions, whole: only === undefined }, current, descriptor);
  const planned =
    (kind: "service" | "task") =>
    (change: ServiceChange | TaskChange): WorkloadPlan => {
      const workload = workloads.find(({ name }) => name === change.name);
      const { name } = change;
      const differences = [...change.differences, ...laterDifferences(changes, name)];
      const action = change.action === "none" && differences.length > 0 ? "update" : change.action;
      return { name, kind, action, differences, unknownImage: workload !== undefined && isUnknown(workload) };
    };
  return {
    serving: current.serving?.number,
    workloads: [
      ...changes.services.map(planned("service")),
      ...changes.removed.map(
        ({ name }): WorkloadPlan => ({ name, kind: "service", action: "remove", differences: [], unknownImage: false }),
      ),
      ...changes.tasks.map(planned("task")),
    ],
    rules: changes.rules.map(rulePlan),
  };
}

/** Of what is set once a release serves: scaling and schedules. A schedule that goes has none of its own to tell. */
function laterDifferences({ scaling, schedules }: Changes, name: string): Difference[] {
  const removed = schedules.some(({ task, action }) => task === name && action === "delete");
  return [
    ...scaling.filter(({ service }) => service === name).flatMap(({ differences }) => differences),
    ...schedules.filter(({ task }) => task === name).flatMap(({ differences }) => differences),
    ...(removed ? [{ path: "schedule", before: "set", after: undefined }] : []),
  ];
}

function currentImage({ services, tasks }: CurrentState, workload: string, name: string): string | undefined {
  const definition = services.get(workload)?.definition ?? tasks.get(workload);
  return definition?.containerDefinitions?.find((container) => container.name === name)?.image;
}

function rulePlan({ service, action, existing, desired }: RuleChange): RulePlan {
  return {
    service,
    action,
    ...(existing && !isPending(existing) && { before: describeConditions(existing.conditions) }),
    ...(desired && { after: describeConditions(desired.conditions) }),
  };
}
