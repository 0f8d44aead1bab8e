import { localEnvironment } from "@fardel/core/aws/target.ts";
import type { FardelEvent } from "@fardel/core/events.ts";

type Waiting = Extract<FardelEvent, { type: "rollout.waiting" }>;

/** A service whose new revision waits for a person. */
export interface WaitingService {
  service: string;
  environment: string;
  /** Where the new revision answers meanwhile. */
  testUrl?: string | undefined;
  /** When ECS decides by itself, and what. */
  until?: Date | undefined;
  otherwise: "roll-back" | "continue";
}

/** What a rollout waits for at its gate, where it can be tried, and who can let it go on; in one line. */
export function waitingFor(event: Waiting): string {
  const { waitsFor, testUrl } = event;
  const place = testUrl === undefined ? "" : ` at ${testUrl}`;
  if (waitsFor === "check") return `checking the new revision${place}`;
  const tried = testUrl === undefined ? "" : ` (try it${place})`;
  const end = ending(waitingService(event));
  return `waits for approval${tried}: ${answers(event)}${end === "" ? "" : `; ${end}`}`;
}

/** The same in lines short enough to be read beside each other. */
export function waitingLines(event: Waiting): string[] {
  return event.waitsFor === "check" ? [waitingFor(event)] : approvalLines(waitingService(event));
}

/** What somebody has to know who is to approve. */
export function approvalLines(waiting: WaitingService): string[] {
  const { testUrl } = waiting;
  const more = [testUrl === undefined ? "" : `try it at ${testUrl}`, ending(waiting)].filter(Boolean).join("; ");
  return [`waits for approval: ${answers(waiting)}`, ...(more === "" ? [] : [more])];
}

function waitingService({ service, environment, testUrl, until, otherwise }: Waiting): WaitingService {
  return { service, environment, testUrl, otherwise, ...(until !== undefined && { until: new Date(until) }) };
}

/** The command as it is to be typed: without `-e` it means the embedded region. */
function answers({ service, environment }: Pick<WaitingService, "service" | "environment">): string {
  return `fardel approve ${service}${environment === localEnvironment ? "" : ` -e ${environment}`}, or reject`;
}

function ending({ until, otherwise }: Pick<WaitingService, "until" | "otherwise">): string {
  return until === undefined
    ? ""
    : `${otherwise === "continue" ? "goes on" : "rolls back"} by itself at ${minuteOf(until)}`;
}

/** `2026-03-01 12:00 UTC`. */
function minuteOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
