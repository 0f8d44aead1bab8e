import type { Emit, FardelEvent } from "@fardel/core/events.ts";
import { type GateChoice, gateChoice } from "./gate-choice.ts";
import { type GuardedSignal, guardedSignal, releaseWarning } from "./guarded-signal.ts";
import type { Session } from "./session.ts";

interface ReleaseSignals extends GuardedSignal {
  /** Aborted when the release is to be left waiting for its approval. */
  leave: AbortSignal;
  /** Takes the release's events. */
  emit: Emit;
}

interface ReleaseSignalOptions {
  /** False to leave a release waiting as soon as it comes to a gate that a person has to open. */
  wait?: boolean;
  /** Sends what waits back. */
  reject: () => Promise<unknown>;
  /** Asks what is to become of a release that waits. */
  ask?: (session: Session) => Promise<GateChoice>;
}

/**
 * What Ctrl-C comes to during a release. While it waits for its approval it offers to leave it waiting, to roll back or to wait on;
 * where nobody can be asked it leaves it waiting. Otherwise as `guardedSignal`.
 */
export function releaseSignals(
  session: Session,
  environment: string,
  { wait = true, reject, ask = gateChoice }: ReleaseSignalOptions,
): ReleaseSignals {
  const { interrupts, output } = session;
  const leaving = new AbortController();
  if (!wait) leaving.abort();
  const guarded = guardedSignal(session, releaseWarning(environment));
  const gates = openGates();
  let takeBack = () => {};
  const offer = () => {
    takeBack();
    takeBack = interrupts.handle(() => void choose().catch(refused));
  };
  const choose = async () => {
    const choice = await ask(session);
    if (!gates.waiting()) output.note("It waits no more: the release goes on.");
    else if (choice === "leave") leaving.abort();
    else if (choice === "reject") await reject();
    else offer();
  };
  const refused = (error: unknown) => {
    output.failure(error);
    offer();
  };
  return {
    ...guarded,
    leave: leaving.signal,
    emit: (event) => {
      gates.take(event);
      if (event.type === "rollout.waiting" && event.waitsFor === "approval") offer();
      else if (!gates.waiting()) takeBack();
      output.event(event);
    },
    done: () => {
      takeBack();
      guarded.done();
    },
  };
}

/** Which rollouts wait for their approval, as their events tell: one that comes to another stage has it, whoever gave it. */
function openGates(): { take(event: FardelEvent): void; waiting(): boolean } {
  const stages = new Map<string, string | undefined>();
  const gates = new Map<string, string | undefined>();
  return {
    take(event) {
      if (event.type === "rollout.waiting" && event.waitsFor === "approval") {
        gates.set(event.service, stages.get(event.service));
      }
      if (event.type === "rollout.progress") {
        stages.set(event.service, event.stage);
        if (gates.get(event.service) !== event.stage) gates.delete(event.service);
      }
      if (event.type === "rollout.finished") gates.delete(event.service);
    },
    waiting: () => gates.size > 0,
  };
}
