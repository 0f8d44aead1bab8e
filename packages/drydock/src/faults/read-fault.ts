import { randomInt } from "node:crypto";
import { AdminError } from "../admin/admin-error.ts";
import { refuseUnknown } from "../admin/body.ts";
import { type FaultMember, faultKinds, isFaultKind } from "./kinds.ts";
import type { Fault } from "./rule.ts";

/**
 * A fault as somebody described it, with a seed where it has chances and none was given.
 *
 * @throws AdminError 400 that says which member is wrong and what it may be
 */
export function readFault(described: Record<string, unknown>): Fault {
  const { kind, ...given } = described;
  if (!isFaultKind(kind)) {
    throw invalid("kind", kind, `one of ${Object.keys(faultKinds).join(", ")}`);
  }
  const members: Record<string, FaultMember> = faultKinds[kind].members;
  refuseUnknown(given, Object.keys(members));
  for (const [name, member] of Object.entries(members)) {
    if (given[name] === undefined && !member.required) continue;
    if (!fits(given[name], member)) throw invalid(name, given[name], expectation(member));
  }
  return {
    kind,
    ...("probability" in members && { probability: 1 }),
    ...("seed" in members && { seed: randomInt(2 ** 32) }),
    ...given,
  } as Fault;
}

function fits(value: unknown, { type, least = 0, most = Number.MAX_SAFE_INTEGER, values }: FaultMember): boolean {
  switch (type) {
    case "text":
      return typeof value === "string" && value !== "";
    case "flag":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && (values ?? []).includes(value);
    case "fraction":
      return typeof value === "number" && value >= 0 && value <= 1;
    case "whole":
      return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
  }
}

function expectation({ type, least = 0, most, values }: FaultMember): string {
  switch (type) {
    case "text":
      return "a text";
    case "flag":
      return "true or false";
    case "choice":
      return `one of ${(values ?? []).join(", ")}`;
    case "fraction":
      return "a number from 0 to 1";
    case "whole":
      return most === undefined ? `a whole number from ${least} on` : `a whole number from ${least} to ${most}`;
  }
}

function invalid(path: string, value: unknown, expected: string): AdminError {
  const message = value === undefined ? `The fault has no ${path}.` : `${JSON.stringify(value)} is no ${path}.`;
  return new AdminError(400, "InvalidFault", message, { path, expected });
}
