export type InfraEvent =
  | { type: "stack.started"; stack: string; action: "create" | "update" | "delete"; changes: number }
  | {
      type: "stack.resource";
      stack: string;
      logicalId: string;
      resourceType: string;
      status: string;
      reason?: string;
    }
  | {
      type: "stack.finished";
      stack: string;
      outcome: "unchanged" | "created" | "updated" | "deleted" | "failed";
      durationMs: number;
    };
