import type { App } from "../../config/app.ts";
import { whereWritten } from "../../config/where-written.ts";
import type { Run } from "../run.ts";
import { ifAllowed, type PreflightProblem, pathOf } from "./problem.ts";

/** Looks whether the alarms that are to send rollouts back are there: one that isn't would never be raised. */
export async function checkAlarms(
  { aws }: Pick<Run, "aws">,
  app: App,
  names: ReadonlySet<string>,
): Promise<PreflightProblem[]> {
  const watched = Object.values(app.services).filter(
    ({ name, rollout }) => names.has(name) && rollout.alarms.length > 0,
  );
  const looks = watched.map(async ({ name, rollout }): Promise<PreflightProblem[]> => {
    const where = whereWritten(app, `${pathOf(app, name)}.rollout.alarms`);
    const AlarmTypes = ["MetricAlarm" as const, "CompositeAlarm" as const];
    const found = await ifAllowed(
      aws.cloudWatch.describeAlarms({ AlarmNames: rollout.alarms, AlarmTypes, MaxRecords: 100 }),
    );
    if (found === undefined) {
      // ECS looks at them by itself; the bake of a rolling update is watched from here.
      if (rollout.strategy !== "rolling" || rollout.bakeSeconds === 0) return [];
      const message = `these credentials may not look at the alarms that ${name} is to bake under`;
      return [{ where, message, fix: "Allow them cloudwatch:DescribeAlarms." }];
    }
    const { MetricAlarms = [], CompositeAlarms = [] } = found;
    const there = new Set([...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => AlarmName));
    return rollout.alarms
      .filter((alarm) => !there.has(alarm))
      .map((alarm) => ({
        where,
        message: `the alarm ${alarm}, which is to stop rollouts of ${name}, doesn't exist`,
        fix: "Create it in CloudWatch, or correct its name.",
      }));
  });
  return (await Promise.all(looks)).flat();
}
