import { randomUUID } from "node:crypto";
import type { ScheduledAction } from "@aws-sdk/client-application-auto-scaling";
import { regionalArn } from "../../arn.ts";
import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import { datesToRegion } from "../../scaled-clock.ts";
import type { Operations } from "../../service.ts";
import { isTimezone, nextOccurrence, parseExpression } from "../scheduler/expression.ts";
import { requireService, scaleIntoBounds } from "./ecs-service.ts";
import {
  nameOf,
  type ScheduledActionRecord,
  scheduledActionKey,
  scheduledActionsOf,
  targetKey,
  targetsOf,
  wantedBy,
} from "./records.ts";

/** Scheduled actions are looked at once a minute, as their cron expressions are. */
const interval = 60_000;

export function scheduledActionOperations(
  region: Region,
): Operations<typeof import("@aws-sdk/client-application-auto-scaling")> {
  const actions = scheduledActionsOf(region);

  return {
    PutScheduledAction: (input) => {
      if (!targetsOf(region).get(targetKey(input))) {
        throw new AwsError("ObjectNotFoundException", `No scalable target registered for ${nameOf(input)}`);
      }
      const key = scheduledActionKey(input);
      const before = actions.get(key);
      const { Schedule = before?.Schedule, Timezone = before?.Timezone } = input;
      const ScalableTargetAction = input.ScalableTargetAction ?? before?.ScalableTargetAction;
      checkSchedule(Schedule, Timezone);
      if (ScalableTargetAction?.MinCapacity === undefined && ScalableTargetAction?.MaxCapacity === undefined) {
        throw invalid("Either MinCapacity or MaxCapacity must be specified.");
      }
      const id = randomUUID();
      const name = `scheduledAction:${id}:resource/${input.ServiceNamespace}/${input.ResourceId}:scheduledActionName/${input.ScheduledActionName}`;
      actions.put(key, {
        ServiceNamespace: input.ServiceNamespace,
        ResourceId: input.ResourceId,
        ScalableDimension: input.ScalableDimension,
        ScheduledActionName: input.ScheduledActionName,
        ScheduledActionARN: before?.ScheduledActionARN ?? regionalArn(region, "autoscaling", name),
        Schedule: Schedule ?? "",
        Timezone,
        ScalableTargetAction,
        StartTime: input.StartTime ?? before?.StartTime,
        EndTime: input.EndTime ?? before?.EndTime,
        created: before?.created ?? region.clock.now(),
        lookedAt: region.clock.now(),
      });
      return {};
    },

    DescribeScheduledActions: (input) => {
      const { ServiceNamespace, ScalableDimension, ResourceId } = input;
      const wanted = wantedBy({
        ServiceNamespace,
        ScalableDimension,
        ...(ResourceId && { ResourceIds: [ResourceId] }),
      });
      const found = actions
        .list()
        .filter(wanted)
        .filter(({ ScheduledActionName }) => input.ScheduledActionNames?.includes(ScheduledActionName) ?? true);
      const page = paginate(found, scheduledActionKey, {
        token: input.NextToken,
        limit: input.MaxResults ?? 50,
        invalidTokenCode: "InvalidNextTokenException",
      });
      return { ScheduledActions: page.items.map(describe), NextToken: page.nextToken };
    },

    DeleteScheduledAction: (input) => {
      if (actions.delete(scheduledActionKey(input))) return {};
      const message = `No scheduled action found for ${nameOf(input)}, scheduled action name: ${input.ScheduledActionName}`;
      throw new AwsError("ObjectNotFoundException", message);
    },
  };
}

/** Carries out, each minute, the actions whose time has come. */
export function startScheduledActions(region: Region): void {
  let cancel = () => {};
  let running = Promise.resolve();
  let closed = false;
  const wait = () => {
    if (closed) return;
    const now = region.clock.now();
    cancel = region.clock.after(interval - (now % interval), () => {
      running = carryOutDue(region)
        .catch((error) => region.log(`scheduled actions: ${error instanceof Error ? error.stack : error}`))
        .then(wait);
    });
  };
  wait();
  region.onClose(async () => {
    closed = true;
    cancel();
    await running;
  });
}

async function carryOutDue(region: Region): Promise<void> {
  const now = region.clock.now();
  for (const action of scheduledActionsOf(region).list()) {
    const due = nextTime(region, action, action.lookedAt);
    if (due === undefined || due > now) continue;
    scheduledActionsOf(region).put(scheduledActionKey(action), { ...action, lookedAt: now });
    await carryOut(region, action).catch((error) =>
      region.log(`scheduled action ${action.ScheduledActionName}: ${error instanceof Error ? error.message : error}`),
    );
  }
}

/** "When the scheduled action runs … Application Auto Scaling scales in or out to be within the new bounds." */
async function carryOut(region: Region, action: ScheduledActionRecord): Promise<void> {
  const targets = targetsOf(region);
  const before = targets.get(targetKey(action));
  if (!before || before.SuspendedState?.ScheduledScalingSuspended) return;
  const { MinCapacity, MaxCapacity } = action.ScalableTargetAction ?? {};
  const target = {
    ...before,
    ...(MinCapacity !== undefined && { MinCapacity }),
    ...(MaxCapacity !== undefined && { MaxCapacity }),
  };
  targets.put(targetKey(target), target);
  const service = await requireService(region, target);
  await scaleIntoBounds(region, target, service, `scheduled action name: ${action.ScheduledActionName} was triggered`);
}

function nextTime(region: Region, action: ScheduledActionRecord, after: number): number | undefined {
  const parsed = parseExpression(action.Schedule, action.Timezone ?? "UTC");
  // The one time that `at(…)` names is an instant of the world outside.
  const expression =
    parsed?.kind === "at"
      ? { ...parsed, instant: datesToRegion(region.clock, new Date(parsed.instant)).getTime() }
      : parsed;
  const bounds = {
    origin: action.created,
    ...(action.StartTime && { start: action.StartTime.getTime() }),
    ...(action.EndTime && { end: action.EndTime.getTime() }),
  };
  return expression && nextOccurrence(expression, bounds, after);
}

function checkSchedule(schedule: string | undefined, timezone: string | undefined): void {
  if (schedule === undefined) throw invalid("Schedule is required when creating a scheduled action.");
  if (timezone !== undefined && !isTimezone(timezone)) throw invalid(`The time zone ${timezone} is not known.`);
  if (parseExpression(schedule, timezone ?? "UTC")) return;
  throw invalid(
    `The schedule ${schedule} is not valid: at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(six fields).`,
  );
}

function describe({ created, lookedAt: _, ...action }: ScheduledActionRecord): ScheduledAction {
  return { ...action, CreationTime: new Date(created) };
}

function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}
