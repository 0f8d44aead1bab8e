import type { EnvironmentStatus, ServiceStatus } from "@fardel/core";
import { commitText } from "./commit-text.ts";
import { formatAgo } from "./quantities.ts";
import { serviceDetails } from "./service-details.ts";
import type { Style } from "./style.ts";
import { alignColumns, fit } from "./text.ts";

/** What runs in an environment. */
export function statusScreen(status: EnvironmentStatus, style: Style, now: Date): string {
  const { colors, width, symbols } = style;
  const { app, environment, url, services } = status;
  const header = ["service", "tasks", "healthy", "zones", "release", "runs", ""].map((name) => colors.dim(name));
  const table = alignColumns([header, ...services.map((service) => serviceRow(service, style))]);
  return [
    `${colors.bold(app)} in ${colors.bold(environment)}${url === undefined ? "" : `  ${colors.cyan(url)}`}`,
    servingLine(status, now),
    ...underWay(status, now).map((line) => colors.yellow(line)),
    ...(services.length > 0 ? ["", ...table] : []),
    ...services.flatMap((service) => serviceDetails(service, environment, style, now)),
  ]
    .map((line) => fit(line, width, symbols.ellipsis))
    .join("\n");
}

function servingLine({ serving }: EnvironmentStatus, now: Date): string {
  if (serving === undefined) return "No release serves.";
  const { number, finished, commit, tag, actor } = serving;
  const facts = [
    finished && formatAgo(new Date(finished), now),
    `by ${actor}`,
    commit && `commit ${commitText({ commit, tag })}`,
  ];
  return `Release ${number} serves: ${facts.filter(Boolean).join(", ")}.`;
}

function underWay({ lock, unfinished }: EnvironmentStatus, now: Date): string[] {
  return [
    ...(lock ? [lockLine(lock, now)] : []),
    ...(unfinished?.waiting ? [`Release ${unfinished.number} by ${unfinished.actor} waits for its approval.`] : []),
    ...(unfinished?.interrupted
      ? [`Release ${unfinished.number} by ${unfinished.actor} was interrupted; the next one brings it to its end.`]
      : []),
  ];
}

function lockLine({ actor, host, action, release, since }: NonNullable<EnvironmentStatus["lock"]>, now: Date): string {
  const what = release === undefined ? action : `${action} of release ${release}`;
  return `Under way: ${what} by ${actor} on ${host}, begun ${formatAgo(new Date(since), now)}.`;
}

function serviceRow(service: ServiceStatus, { colors }: Style): string[] {
  const { name, desired, running, release, taskDefinition, status } = service;
  if (status === "MISSING") return [name, colors.red("missing"), "", "", "", "", ""];
  const tasks = `${running}/${desired}`;
  const healthy = healthyTasks(service);
  const notes = [status === "ACTIVE" ? "" : status.toLowerCase(), spotNote(service)];
  return [
    name,
    running === desired ? colors.green(tasks) : colors.yellow(tasks),
    healthy === undefined ? "" : healthy >= desired ? colors.green(String(healthy)) : colors.yellow(String(healthy)),
    zonesOf(service),
    release === undefined ? "" : String(release),
    taskDefinition,
    notes.filter(Boolean).join(", "),
  ];
}

/** By the load balancer, or else by the tasks' own health checks. */
function healthyTasks({ healthy, tasks }: ServiceStatus): number | undefined {
  if (healthy !== undefined) return healthy;
  const checked = tasks.filter(({ health }) => health !== undefined);
  return checked.length === 0 ? undefined : checked.filter(({ health }) => health === "HEALTHY").length;
}

/** `a 2  b 1`: the region is the environment's, so only a zone's letter tells something. */
function zonesOf({ tasks }: ServiceStatus): string {
  const running = tasks.filter(({ status, zone }) => status === "RUNNING" && zone !== "");
  return [...Map.groupBy(running, ({ zone }) => zone)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, { length }]) => `${/[a-z]$/.exec(zone)?.[0] ?? zone} ${length}`)
    .join("  ");
}

function spotNote({ tasks }: ServiceStatus): string {
  const spot = tasks.filter((task) => task.spot && task.status === "RUNNING").length;
  return spot === 0 ? "" : `${spot} on Spot`;
}
