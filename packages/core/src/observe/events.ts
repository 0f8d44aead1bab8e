import type { App } from "../config/app.ts";
import { FardelError } from "../errors.ts";
import { stackNames } from "../infra/names.ts";
import { listReleases } from "../release/records/record.ts";
import { stateBucket } from "../release/records/state-bucket.ts";
import type { Surroundings } from "../release/request.ts";
import { sleep, systemTime } from "../release/time.ts";
import { rolloutEvents, serviceEvents, stackEvents } from "./event-sources.ts";

export interface EventsRequest extends Surroundings {
  app: App;
  /** Names of services; unless given, all, and the app's stacks too. */
  services?: readonly string[];
  /** Milliseconds since 1970; unless given, an hour ago. */
  since?: number;
  /** Go on with new events until the signal is aborted. */
  follow: boolean;
  signal?: AbortSignal;
}

/** Something that happened in an environment, as ECS or CloudFormation tell it. */
export interface EnvironmentEvent {
  /** The same whenever it is read. */
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  /** `service`: what the service scheduler did; `rollout`: a service deployment began or ended; `stack`: CloudFormation. */
  source: "service" | "rollout" | "stack";
  /** Name of the service or stack. */
  subject: string;
  message: string;
  /** Whether it tells that something goes wrong. */
  trouble: boolean;
}

/**
 * What happened to an app's services and stacks, merged by time. Following gives each event once.
 *
 * @throws FardelError `EVENTS_UNKNOWN` (exit code 2) for a service there isn't.
 */
export async function* readEvents(request: EventsRequest): AsyncGenerator<EnvironmentEvent, void> {
  const { app, aws, follow, signal, time = systemTime } = request;
  const services = await servicesOf(request);
  const stacks = request.services === undefined ? ownStacks(app) : [];
  let since = request.since ?? time.now() - hourMs;
  const seen = new Set<string>();
  for (;;) {
    const found = await Promise.all([
      serviceEvents(request, services),
      rolloutEvents(request, services),
      ...stacks.map((name) => stackEvents(aws, name, since)),
    ]);
    const fresh = found.flat().filter(({ id, at }) => at >= since && !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    yield* fresh.sort((a, b) => a.at - b.at);
    if (!follow || signal?.aborted) return;
    // By AWS's clock: this machine's may be ahead of it.
    since = fresh.reduce((from, { at }) => Math.max(from, at - latestArrivalMs), since);
    try {
      await sleep(time, pollMs(aws.target.endpoint !== undefined), signal);
    } catch {
      // The signal was aborted: that is how following ends.
      return;
    }
  }
}

const hourMs = 60 * 60_000;
const pollMs = (local: boolean) => (local ? 500 : 3000);
/** An event may show this long after later ones. */
const latestArrivalMs = 60_000;

/** Those of the manifest, and those of the newest release, which the manifest may not have any more. */
async function servicesOf({ app, aws, descriptor, services }: EventsRequest): Promise<string[]> {
  const [newest] = await listReleases(stateBucket(aws, descriptor.stateBucket), descriptor, 1);
  const all = [...new Set([...Object.keys(app.services), ...Object.keys(newest?.configuration.services ?? {})])];
  const unknown = services?.find((name) => !all.includes(name));
  if (unknown === undefined) return services ? [...services] : all;
  throw new FardelError("EVENTS_UNKNOWN", `${app.name} has no service ${unknown} in ${app.environment}.`, {
    fix: `There is ${all.join(", ")}.`,
    exitCode: 2,
  });
}

/** The state stack is no app's. */
function ownStacks(app: App): string[] {
  const { registry, cluster, data, application } = stackNames(app);
  return [registry, cluster, data, application].filter((name) => name !== undefined);
}
