import type { App, Database, Service, Task, WrittenKey } from "../app.ts";
import { cronProblem } from "../cron.ts";
import type { ParsedEnvironment, ParsedTask } from "../schema/manifest.ts";
import { resolveImage } from "./image.ts";
import { resolveRelease } from "./release.ts";
import type { ResolveScope } from "./scope.ts";
import { resolveService } from "./service.ts";
import { resolveWorkload } from "./workload.ts";

const longestLoadBalancerName = 32;
const secondsPerDay = 86_400;

/** The app a parsed environment describes. What is wrong with it is reported to the scope. */
export function resolveParsed(scope: ResolveScope, parsed: ParsedEnvironment, written: WrittenKey[]): App {
  const images = mapValues(parsed.images, (image, name) => resolveImage(scope, name, image));
  const services = mapValues(parsed.services, (service, name) => resolveService(scope, name, service, images));
  checkRoutes(scope, Object.values(services));
  const tasks = mapValues(parsed.tasks, (task, name): Task => {
    if (Object.hasOwn(parsed.services, name)) {
      scope.report(["tasks", name], `a service is named ${name} too`, { on: "key", fix: "give the task another name" });
    }
    return { ...resolveWorkload(scope, ["tasks", name], task, images), schedule: resolveSchedule(scope, name, task) };
  });
  const settings = parsed.environments;
  const cluster = settings.cluster ?? scope.environment;
  if (Object.values(services).some((service) => service.route !== undefined)) {
    checkLoadBalancerName(scope, `${parsed.app}-${cluster}`);
  }
  if (scope.local && settings.account !== undefined) {
    scope.report(["environments", "account"], "local is the embedded region: it has no account to check", {
      on: "key",
    });
  }
  if (scope.region === undefined) {
    scope.report([], `nothing says which AWS region ${scope.environment} is in`, {
      fix: "write region: eu-west-1 (or another) at the top, or set AWS_REGION",
    });
  }
  return {
    name: parsed.app,
    environment: scope.environment,
    region: scope.region ?? "",
    account: settings.account,
    cluster,
    partial: settings.partial,
    directory: scope.surroundings.directory,
    images,
    services,
    tasks,
    databases: mapValues(parsed.databases, (database, name) => resolveDatabase(scope, name, database)),
    queues: mapValues(parsed.queues, (queue, name) => ({
      name,
      visibilitySeconds: queue.visibility,
      retries: queue.retries,
    })),
    release: resolveRelease(scope, parsed.release),
    written,
  };
}

function resolveDatabase(scope: ResolveScope, name: string, parsed: ParsedEnvironment["databases"][string]): Database {
  const storageGiB = parsed.storage / 1024;
  // RDS: gp3 storage of PostgreSQL is 20 to 65,536 GiB.
  if (!Number.isInteger(storageGiB) || storageGiB < 20 || storageGiB > 65_536) {
    scope.report(["databases", name, "storage"], "expected a size from 20GB to 64TB in whole GB");
  }
  if (parsed.backups % secondsPerDay !== 0) {
    scope.report(["databases", name, "backups"], "expected whole days, such as 7d");
  }
  const { engine, version, instance, multiAz } = parsed;
  return { name, engine, version, instance, storageGiB, multiAz, backupDays: parsed.backups / secondsPerDay };
}

function resolveSchedule(scope: ResolveScope, name: string, parsed: ParsedTask): Task["schedule"] {
  const path = ["tasks", name];
  if (parsed.schedule === undefined) {
    if (parsed.timezone !== undefined)
      scope.report([...path, "timezone"], "a timezone needs a schedule", { on: "key" });
    return undefined;
  }
  const problem = cronProblem(parsed.schedule);
  if (problem !== undefined) scope.report([...path, "schedule"], problem);
  const timezone = parsed.timezone ?? "UTC";
  if (!isTimeZone(timezone)) {
    scope.report([...path, "timezone"], `expected a time zone such as Europe/Berlin, found "${timezone}"`);
  }
  return { cron: parsed.schedule, timezone };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function checkRoutes(scope: ResolveScope, services: readonly Service[]): void {
  const taken = new Map<string, string>();
  for (const { name, route } of services) {
    if (route === undefined || scope.isDoubtful("services", name, "route")) continue;
    const key = `${route.host ?? "any host"} ${route.path}`;
    const other = taken.get(key);
    if (other === undefined) taken.set(key, name);
    else {
      const fix = "give one of them another host or path";
      scope.report(["services", name, "route"], `services ${other} and ${name} both ask for ${key}`, {
        on: "key",
        fix,
      });
    }
  }
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html: Name */
function checkLoadBalancerName(scope: ResolveScope, name: string): void {
  const path = scope.has("environments", "cluster") ? ["environments", "cluster"] : ["app"];
  if (name.length > longestLoadBalancerName) {
    const long = `the load balancer's name ${name} has ${name.length} characters, and AWS allows ${longestLoadBalancerName}`;
    scope.report(path, long, { fix: "shorten the app's or the cluster's name" });
  }
  if (name.startsWith("internal-")) {
    const message = `the load balancer's name would be ${name}, and AWS keeps internal- for itself`;
    scope.report(["app"], message, { fix: "choose another name for the app" });
  }
}

function mapValues<From, To>(
  record: Record<string, From>,
  change: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
