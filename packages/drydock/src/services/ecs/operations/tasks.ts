import type { Failure, Task } from "@aws-sdk/client-ecs";
import { AwsError } from "../../../errors.ts";
import { paginate } from "../../../pagination.ts";
import { activeCluster } from "../clusters.ts";
import type { Ecs } from "../ecs.ts";
import { invalidParameter, serviceNotFound } from "../errors.ts";
import { lastSegment } from "../names.ts";
import type { EcsOperations } from "../operations.ts";
import { serviceKey } from "../records.ts";
import { describeTask, desiredStatus } from "../tasks/view.ts";

export function taskOperations(ecs: Ecs) {
  const { records, runner, names } = ecs;
  return {
    DescribeTasks: ({ cluster, tasks: references, include = [] }) => {
      const { clusterName } = activeCluster(ecs, cluster);
      if (references.length === 0) throw invalidParameter("Tasks cannot be empty.");
      if (references.length > 100) throw invalidParameter("Tasks can have at most 100 members.");
      const tasks: Task[] = [];
      const failures: Failure[] = [];
      for (const reference of references) {
        const id = lastSegment(reference);
        const record = records.tasks.get(`${clusterName}/${id}`);
        if (!record) failures.push({ arn: names.task(clusterName, id), reason: "MISSING" });
        else
          tasks.push({
            ...describeTask(ecs, record),
            tags: include.includes("TAGS") ? records.tags.get(record.arn) : [],
          });
      }
      return { tasks, failures };
    },

    ListTasks: (input) => {
      const { clusterName } = activeCluster(ecs, input.cluster);
      const { family, serviceName, startedBy, launchType, desiredStatus: wanted = "RUNNING", maxResults = 100 } = input;
      if (maxResults < 1 || maxResults > 100) throw invalidParameter("maxResults must be between 1 and 100.");
      if (serviceName && startedBy) throw invalidParameter("Specify either serviceName or startedBy, not both.");
      const service = serviceName === undefined ? undefined : lastSegment(serviceName);
      if (service !== undefined && !records.services.get(serviceKey({ clusterName, name: service }))) {
        throw serviceNotFound();
      }
      const arns = records.tasks
        .list(`${clusterName}/`)
        .filter((task) => desiredStatus(task) === wanted)
        .filter((task) => family === undefined || task.family === family)
        .filter((task) => service === undefined || task.service?.name === service)
        .filter((task) => startedBy === undefined || task.startedBy === startedBy)
        .filter((task) => launchType === undefined || task.launchType === launchType)
        .filter(() => input.containerInstance === undefined)
        .map((task) => task.arn);
      const page = paginate(arns, (arn) => arn, {
        token: input.nextToken,
        limit: maxResults,
        invalidTokenCode: "InvalidParameterException",
      });
      return { taskArns: page.items, nextToken: page.nextToken };
    },

    StopTask: ({ cluster, task: reference, reason }) => {
      const { clusterName } = activeCluster(ecs, cluster);
      const key = `${clusterName}/${lastSegment(reference)}`;
      const record = records.tasks.get(key);
      if (!record) throw invalidParameter("The referenced task was not found.");
      runner.stop(record.arn, { stopCode: "UserInitiated", reason: reason ?? "Task stopped by user" });
      return { task: describeTask(ecs, records.tasks.get(key) ?? record) };
    },

    ExecuteCommand: () => {
      throw new AwsError(
        "InvalidParameterException",
        "The execute command failed because drydock has no execute command agent: run the command as a task of its own " +
          "with RunTask and a command override.",
      );
    },
  } satisfies EcsOperations;
}
