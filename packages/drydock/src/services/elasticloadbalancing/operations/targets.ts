import { isIPv4 } from "node:net";
import type { TargetDescription, TargetHealthDescription } from "@aws-sdk/client-elastic-load-balancing-v2";
import { AwsError } from "../../../errors.ts";
import { deregistrationDelay } from "../data-plane-settings.ts";
import type { TargetGroupRecord, TargetRecord } from "../state.ts";
import { type Context, type ElbOperations, targetGroupOf } from "./context.ts";

/** Quota: targets per target group. */
const maximumTargets = 1000;
// RFC 1918 and RFC 6598, as ELB takes them, and this machine's own processes.
const takenAddresses = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|127\.)/;

export function targetOperations(
  context: Context,
): Pick<ElbOperations, "RegisterTargets" | "DeregisterTargets" | "DescribeTargetHealth"> {
  const { state, plane } = context;
  const registered = ({ targetGroup }: TargetGroupRecord) => state.targets.list(`${targetGroup.TargetGroupArn} `);

  return {
    RegisterTargets({ TargetGroupArn, Targets }) {
      const group = targetGroupOf(context, TargetGroupArn);
      for (const target of Targets) checkTarget(group, target);
      if (registered(group).length + Targets.length > maximumTargets)
        throw new AwsError("TooManyTargets", `A target group can have at most ${maximumTargets} targets`);
      for (const target of Targets)
        plane.register({
          targetGroupArn: TargetGroupArn,
          id: target.Id ?? "",
          port: target.Port ?? group.targetGroup.Port ?? 0,
          availabilityZone: target.AvailabilityZone,
        });
      return {};
    },

    /** Without a port, every registration of the address. "If the target does not exist, the action returns successfully." */
    DeregisterTargets({ TargetGroupArn, Targets }) {
      const group = targetGroupOf(context, TargetGroupArn);
      const delay = deregistrationDelay(group.attributes);
      for (const target of registered(group)) {
        if (Targets.some((named) => names(named, target))) plane.deregister(target, delay);
      }
      return {};
    },

    DescribeTargetHealth({ TargetGroupArn, Targets }) {
      const group = targetGroupOf(context, TargetGroupArn);
      const known = registered(group);
      if (!Targets?.length) return { TargetHealthDescriptions: known.map((target) => describe(group, target)) };
      const descriptions = Targets.flatMap((named) => {
        const found = known.filter((target) => names(named, target));
        return found.length > 0 ? found.map((target) => describe(group, target)) : [notRegistered(group, named)];
      });
      return { TargetHealthDescriptions: descriptions };
    },
  };
}

function checkTarget({ targetGroup }: TargetGroupRecord, { Id = "", Port }: TargetDescription): void {
  if (targetGroup.TargetType !== "ip")
    throw new AwsError(
      "InvalidTarget",
      `The following targets are not in a running state and cannot be registered: '${Id}'`,
    );
  if (!isIPv4(Id)) throw new AwsError("ValidationError", `The IP address '${Id}' is not a valid IPv4 address`);
  if (!takenAddresses.test(Id))
    throw new AwsError("InvalidTarget", `The IP address '${Id}' is not in a private range that targets may have`);
  if (Port !== undefined && !(Port >= 1 && Port <= 65_535))
    throw new AwsError("ValidationError", `Port '${Port}' must be between '1-65535' inclusive`);
}

function names({ Id, Port }: TargetDescription, target: TargetRecord): boolean {
  return Id === target.id && (Port === undefined || Port === target.port);
}

const noOverride = {
  State: "no_override",
  Reason: "AdministrativeOverride.NoOverride",
  Description: "No override is currently active on target",
} as const;

function describe({ targetGroup }: TargetGroupRecord, target: TargetRecord): TargetHealthDescription {
  const { HealthCheckPort } = targetGroup;
  return {
    Target: { Id: target.id, Port: target.port, AvailabilityZone: target.availabilityZone },
    HealthCheckPort: HealthCheckPort === "traffic-port" ? String(target.port) : HealthCheckPort,
    TargetHealth: { State: target.state, Reason: target.reason, Description: target.description },
    AdministrativeOverride: noOverride,
  };
}

function notRegistered({ targetGroup }: TargetGroupRecord, { Id, Port }: TargetDescription): TargetHealthDescription {
  return {
    Target: { Id, Port: Port ?? targetGroup.Port },
    TargetHealth: {
      State: "unused",
      Reason: "Target.NotRegistered",
      Description: "Target is not registered to the target group",
    },
  };
}
