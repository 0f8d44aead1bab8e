import type { StackEvent } from "@aws-sdk/client-cloudformation";
import { FardelError } from "../errors.ts";
import type { FinishedOperation } from "./follow-stack.ts";

/** Explains a stack operation that ended badly by the resource that failed first; the rest only followed from it. */
export function stackFailure(
  stack: string,
  action: "create" | "update" | "delete",
  { status, events }: FinishedOperation,
): FardelError {
  const failures = events.filter((event) => event.ResourceStatus?.endsWith("_FAILED") && !wasCancelled(event));
  const first = failures.find((event) => event.PhysicalResourceId !== event.StackId);
  const resource = first && `${first.LogicalResourceId} (${first.ResourceType})`;
  const reason = first ?? failures[0];
  return new FardelError(
    "STACK_FAILED",
    `Could not ${action} the stack ${stack}${resource ? `: ${resource} failed.` : `: it ended as ${status}.`}`,
    {
      where: [`stack ${stack}`, first?.LogicalResourceId, first?.PhysicalResourceId].filter(Boolean).join(", "),
      why: [reason?.ResourceStatusReason, ...aftermath(status, events)].filter(Boolean).join("\n"),
      fix: remedy(stack, status),
    },
  );
}

/** "Resource creation cancelled" is what CloudFormation says of what was under way when another resource failed. */
function wasCancelled(event: StackEvent): boolean {
  return /^Resource \w+ cancelled/i.test(event.ResourceStatusReason ?? "");
}

function aftermath(status: string, events: StackEvent[]): string[] {
  if (status === "UPDATE_ROLLBACK_COMPLETE") return ["Everything is back as it was before."];
  if (status === "ROLLBACK_COMPLETE") return ["What had been created was removed again."];
  const left = events
    .filter((event) => event.ResourceStatus === "DELETE_FAILED" || event.ResourceStatus === "UPDATE_FAILED")
    .map((event) => event.LogicalResourceId);
  return [
    `The stack is left as ${status}.`,
    ...(left.length > 0 ? [`Not undone: ${[...new Set(left)].join(", ")}.`] : []),
  ];
}

function remedy(stack: string, status: string): string {
  if (status === "UPDATE_ROLLBACK_FAILED") {
    return `Mend what AWS names, then run \`aws cloudformation continue-update-rollback --stack-name ${stack}\`.`;
  }
  if (status === "DELETE_FAILED") return "Remove what still uses the resource, then run the command again.";
  return "Mend what AWS names, then run the command again.";
}
