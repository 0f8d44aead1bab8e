import type { App } from "../../config/app.ts";
import { logGroupPrefix } from "../names.ts";
import { logicalId, type Resource } from "./template.ts";

const retentionDays = 30;

/** One log group per service and task: they have one namespace, so their name alone tells them apart. */
export function logGroupResources(app: App): Record<string, Resource> {
  const names = [...Object.keys(app.services), ...Object.keys(app.tasks)];
  return Object.fromEntries(
    names.map((name) => [
      logGroupId(name),
      {
        Type: "AWS::Logs::LogGroup",
        Properties: { LogGroupName: `${logGroupPrefix(app)}${name}`, RetentionInDays: retentionDays },
      },
    ]),
  );
}

export function logGroupId(workload: string): string {
  return logicalId(workload, "Logs");
}
