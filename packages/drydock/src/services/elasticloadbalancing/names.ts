import { validationError } from "./errors.ts";

/** The rules for names of load balancers and target groups, in ELB's words. */
export function checkName(name: string, kind: "load balancer" | "target group"): void {
  const subject = kind === "load balancer" ? "The load balancer name" : "Target group name";
  if (name.length > 32) throw validationError(`${subject} '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw validationError(
      `${subject} '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    );
  if (name.startsWith("-") || name.endsWith("-"))
    throw validationError(`${subject} '${name}' cannot begin or end with '-'`);
  if (kind === "load balancer" && name.startsWith("internal-"))
    throw validationError(`${subject} '${name}' cannot begin with 'internal-'`);
}
