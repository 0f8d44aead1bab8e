import type { DeploymentStatus, ServiceStatus } from "@fardel/core";
import { approvalLines } from "./gate-text.ts";
import { count, formatAgo } from "./quantities.ts";
import type { Style } from "./style.ts";
import { alignColumns, tame } from "./text.ts";

/** What a person wants to know of a service that isn't as it should be, below its name; nothing of one that is. */
export function serviceDetails(service: ServiceStatus, environment: string, style: Style, now: Date): string[] {
  const lines = [...troubles(service, environment, style, now), ...staleSecretLines(service, style, now)];
  return lines.length === 0 ? [] : ["", style.colors.bold(service.name), ...lines.map((line) => `  ${line}`)];
}

function troubles(service: ServiceStatus, environment: string, { colors }: Style, now: Date): string[] {
  const { deployments, targets, events, desired, running } = service;
  const moving = deployments.length > 1 || deployments.some(({ rolloutState }) => rolloutState !== "COMPLETED");
  const unhealthy = targets.filter(({ state }) => state !== "healthy");
  if (!moving && unhealthy.length === 0 && running === desired) return [];
  return [
    ...alignColumns(deployments.map(deploymentRow)),
    ...stageLines(service, environment, now).map((line) => colors.yellow(line)),
    ...unhealthy.map(({ address, state, reason }) => `target ${address} is ${state}${reason ? `: ${reason}` : ""}`),
    ...events
      .slice(0, 3)
      .map(({ at, message }) => colors.dim(`${formatAgo(new Date(at), now)}  ${eventText(message)}`)),
  ];
}

/** ECS begins each event with the service's name, which stands above them here. */
function eventText(message: string): string {
  return tame(message).replace(/^\(service [^)]+\) /, "");
}

function deploymentRow(deployment: DeploymentStatus): string[] {
  const { status, taskDefinition, running, desired, pending, failed, rolloutState, weight } = deployment;
  const counts = [
    `${running}/${desired} running`,
    pending > 0 && `${pending} pending`,
    failed > 0 && `${failed} failed`,
  ];
  return [
    status.toLowerCase(),
    taskDefinition,
    counts.filter(Boolean).join(", "),
    ...(weight === undefined ? [] : [`${Math.round(weight)} % of requests`]),
    plain(rolloutState),
  ];
}

function stageLines({ name, rollout, testUrl }: ServiceStatus, environment: string, now: Date): string[] {
  if (rollout === undefined) return [];
  const { stage, gates, started } = rollout;
  const since = started === undefined ? "" : `; the rollout began ${formatAgo(new Date(started), now)}`;
  return [
    ...(stage === undefined ? [] : [`stage: ${plain(stage)}${since}`]),
    ...gates.flatMap(({ expires, onExpiry }) =>
      approvalLines({
        service: name,
        environment,
        testUrl,
        until: expires && new Date(expires),
        otherwise: onExpiry === "CONTINUE" ? "continue" : "roll-back",
      }),
    ),
  ];
}

function staleSecretLines({ staleSecrets }: ServiceStatus, { colors }: Style, now: Date): string[] {
  return staleSecrets.map(({ variables, changed, tasks }) => {
    const have = tasks === 1 ? "has" : "have";
    const when = formatAgo(new Date(changed), now);
    return colors.yellow(
      `${variables.join(", ")} changed ${when}: ${count(tasks, "task")} still ${have} the old value`,
    );
  });
}

function plain(state: string): string {
  return state.toLowerCase().replaceAll("_", " ");
}
