import { AwsError } from "../../errors.ts";

/** What CloudFormation answers to nearly everything it refuses. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

/** The reason of a failed step, as it stands in an event. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
