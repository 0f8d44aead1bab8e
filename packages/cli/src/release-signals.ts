import type { Emit, FardelEvent } from "@fardel/core/events.ts";
import { type GuardedSignal, guardedSignal, releaseWarning } from "./guarded-signal.ts";
import { questionsOf, type ReleaseChoice, type ReleaseQuestions } from "./release-questions.ts";
import type { Session } from "./session.ts";

interface ReleaseSignals extends Omit<GuardedSignal, "stop"> {
  /** Aborted when the release is to be left waiting for its approval. */
  leave: AbortSignal;
  /** Takes the release's events. */
  emit: Emit;
}

interface ReleaseSignalOptions {
  /** False to leave a release waiting as soon as it comes to a gate that a person has to open. */
  wait?: boolean;
  /** Sends back what waits for its approval. */
  reject: () => Promise<unknown>;
  /** Takes the release back whose rollouts are under way. */
  takeBack: () => Promise<unknown>;
  questions?: ReleaseQuestions;
}

/** Something about which Ctrl-C asks. */
interface Matter {
  ask: () => Promise<ReleaseChoice>;
  leave: () => void;
  back: () => Promise<unknown>;
  /** What is said when it is over before the answer has come. */
  over: string;
}

/**
 * What Ctrl-C comes to during a release. While it waits for its approval, or its rollouts are under way, it offers to leave it to
 * itself, to roll back or to wait on; where nobody can be asked, what waits is left waiting. Otherwise as `guardedSignal`.
 */
export function releaseSignals(
  session: Session,
  environment: string,
  { wait = true, reject, takeBack, questions = questionsOf(session) }: ReleaseSignalOptions,
): ReleaseSignals {
  const { interrupts, output } = session;
  const leaving = new AbortController();
  if (!wait) leaving.abort();
  const { stop, done, signal } = guardedSignal(session, releaseWarning(environment));
  const gates = openGates();
  const rollouts = rolloutsUnderWay();
  const gate: Matter = {
    ask: questions.gate,
    leave: () => leaving.abort(),
    back: reject,
    over: "It waits no more: the release goes on.",
  };
  const underWay: Matter | undefined = questions.rollouts && {
    ask: questions.rollouts,
    leave: stop,
    back: takeBack,
    over: "Its rollouts have ended meanwhile.",
  };
  const current = () => (gates.waiting() ? gate : rollouts.any() ? underWay : undefined);

  let offered: Matter | undefined;
  let withdraw = () => {};
  const offer = (matter: Matter | undefined) => {
    withdraw();
    offered = matter;
    withdraw = matter ? interrupts.handle(() => void choose(matter).catch(refused)) : () => {};
  };
  const choose = async (matter: Matter) => {
    const choice = await matter.ask();
    if (current() !== matter) output.note(matter.over);
    else if (choice === "leave") matter.leave();
    else if (choice === "back") await matter.back();
    else offer(matter);
  };
  const refused = (error: unknown) => {
    output.failure(error);
    offer(current());
  };
  return {
    signal,
    leave: leaving.signal,
    emit: (event) => {
      gates.take(event);
      rollouts.take(event);
      if (current() !== offered) offer(current());
      output.event(event);
    },
    done: () => {
      withdraw();
      done();
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

/** Whether rollouts are under way that can be taken back: none of a release that is on its way back already. */
function rolloutsUnderWay(): { take(event: FardelEvent): void; any(): boolean } {
  const services = new Set<string>();
  let returns = false;
  return {
    take(event) {
      if (event.type === "rollout.started" || event.type === "rollout.baking") services.add(event.service);
      if (event.type === "rollout.finished" || event.type === "rollout.baked") services.delete(event.service);
      if (event.type === "rollout.started" && event.action === "return") returns = true;
    },
    any: () => services.size > 0 && !returns,
  };
}
