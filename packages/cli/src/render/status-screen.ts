import type { DeploymentStatus, EnvironmentStatus, ServiceStatus } from "@fardel/core";
import { formatAgo } from "./quantities.ts";
import type { Style } from "./style.ts";
import { alignColumns, fit, tame } from "./text.ts";

/** What runs in an environment. */
export function statusScreen(status: EnvironmentStatus, style: Style, now: Date): string {
  const { colors, width, symbols } = style;
  const { app, environment, url, services } = status;
  const header = ["service", "tasks", "healthy", "release", "runs", ""].map((name) => colors.dim(name));
  const table = alignColumns([header, ...services.map((service) => serviceRow(service, style))]);
  return [
    `${colors.bold(app)} in ${colors.bold(environment)}${url === undefined ? "" : `  ${colors.cyan(url)}`}`,
    servingLine(status, now),
    ...(status.lock ? [colors.yellow(lockLine(status.lock, now))] : []),
    ...(services.length > 0 ? ["", ...table] : []),
    ...services.flatMap((service) => troubles(service, style, now)),
  ]
    .map((line) => fit(line, width, symbols.ellipsis))
    .join("\n");
}

function servingLine({ serving }: EnvironmentStatus, now: Date): string {
  if (serving === undefined) return "No release serves.";
  const { number, finished, commit, actor } = serving;
  const facts = [
    finished && formatAgo(new Date(finished), now),
    `by ${actor}`,
    commit && `commit ${commit.slice(0, 7)}`,
  ];
  return `Release ${number} serves: ${facts.filter(Boolean).join(", ")}.`;
}

function lockLine({ actor, host, action, release, since }: NonNullable<EnvironmentStatus["lock"]>, now: Date): string {
  const what = release === undefined ? action : `${action} of release ${release}`;
  return `Under way: ${what} by ${actor} on ${host}, begun ${formatAgo(new Date(since), now)}.`;
}

function serviceRow(service: ServiceStatus, { colors }: Style): string[] {
  const { name, desired, running, healthy, release, taskDefinition, status } = service;
  if (status === "MISSING") return [name, colors.red("missing"), "", "", "", ""];
  const enough = running === desired;
  const tasks = `${running}/${desired}`;
  return [
    name,
    enough ? colors.green(tasks) : colors.yellow(tasks),
    healthy === undefined ? "" : healthy >= desired ? colors.green(String(healthy)) : colors.yellow(String(healthy)),
    release === undefined ? "" : String(release),
    taskDefinition,
    status === "ACTIVE" ? "" : status.toLowerCase(),
  ];
}

/** What a person wants to know of a service that isn't as it should be. */
function troubles(service: ServiceStatus, { colors }: Style, now: Date): string[] {
  const { name, deployments, targets, events, desired, running } = service;
  const moving = deployments.length > 1 || deployments.some(({ rolloutState }) => rolloutState !== "COMPLETED");
  const unhealthy = targets.filter(({ state }) => state !== "healthy");
  if (!moving && unhealthy.length === 0 && running === desired) return [];
  return [
    "",
    colors.bold(name),
    ...alignColumns(deployments.map(deploymentRow)).map((line) => `  ${line}`),
    ...unhealthy.map(({ address, state, reason }) => `  target ${address} is ${state}${reason ? `: ${reason}` : ""}`),
    ...events
      .slice(0, 3)
      .map(({ at, message }) => colors.dim(`  ${formatAgo(new Date(at), now)}  ${eventText(message)}`)),
  ];
}

/** ECS begins each event with the service's name, which stands above them here. */
function eventText(message: string): string {
  return tame(message).replace(/^\(service [^)]+\) /, "");
}

function deploymentRow(deployment: DeploymentStatus): string[] {
  const { status, taskDefinition, running, desired, pending, failed, rolloutState } = deployment;
  const counts = [
    `${running}/${desired} running`,
    pending > 0 && `${pending} pending`,
    failed > 0 && `${failed} failed`,
  ];
  return [
    status.toLowerCase(),
    taskDefinition,
    counts.filter(Boolean).join(", "),
    rolloutState.toLowerCase().replaceAll("_", " "),
  ];
}
