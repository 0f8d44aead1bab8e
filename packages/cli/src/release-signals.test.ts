import type { FardelEvent } from "@fardel/core/events.ts";
import { expect, test } from "vitest";
import type { ReleaseChoice } from "./release-questions.ts";
import { releaseSignals } from "./release-signals.ts";
import type { Session } from "./session.ts";

/** A command whose Ctrl-C is pressed by `press`, and what it says; a question is answered with `choice`. */
function release(choice: ReleaseChoice = "leave", { wait = true, rejectFails = false, onTerminal = false } = {}) {
  const handlers: (() => void)[] = [];
  const said: string[] = [];
  const events: FardelEvent[] = [];
  let rejected = 0;
  let takenBack = 0;
  const session = {
    yes: false,
    output: {
      json: false,
      note: (line: string) => said.push(line),
      event: (event: FardelEvent) => events.push(event),
      failure: (error: Error) => said.push(error.message),
    },
    interrupts: {
      handle(handler: () => void) {
        handlers.push(handler);
        return () => {
          const at = handlers.indexOf(handler);
          if (at >= 0) handlers.splice(at, 1);
        };
      },
    },
  } as unknown as Session;
  const answer = Promise.withResolvers<ReleaseChoice>();
  // What is done about the answer comes after it.
  const answered = async () => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  const ask = (question: string) => {
    said.push(question);
    return answer.promise;
  };
  const signals = releaseSignals(session, "production", {
    wait,
    questions: { gate: () => ask("asked"), rollouts: onTerminal ? () => ask("asked about rollouts") : undefined },
    reject: async () => {
      rejected += 1;
      if (rejectFails) throw new Error("AccessDenied");
    },
    takeBack: async () => {
      takenBack += 1;
    },
  });
  return {
    ...signals,
    said,
    events,
    handlers,
    rejected: () => rejected,
    takenBack: () => takenBack,
    press: () => handlers.pop()?.(),
    async answer() {
      answer.resolve(choice);
      await answered();
    },
    async failToAsk(message: string) {
      answer.reject(new Error(message));
      await answered();
    },
  };
}

const waiting = (service = "web"): FardelEvent => ({
  type: "rollout.waiting",
  environment: "local",
  service,
  waitsFor: "approval",
  otherwise: "roll-back",
});
const progress = (stage: string, service = "web"): FardelEvent => ({
  type: "rollout.progress",
  service,
  desired: 1,
  running: 1,
  healthy: 1,
  pending: 0,
  failed: 0,
  oldRunning: 1,
  stage,
});
const finished = (service = "web"): FardelEvent => ({
  type: "rollout.finished",
  service,
  outcome: "serving",
  durationMs: 1,
});
const warning =
  "The release goes on. Ctrl-C again stops watching it: ECS then ends the rollout by itself; `fardel status production` shows it.";

const started = (action: "update" | "return" = "update"): FardelEvent => ({
  type: "rollout.started",
  service: "web",
  revision: "web:2",
  action,
});

test("while rollouts are under way Ctrl-C asks on a terminal: go on, roll back, or leave the rest to ECS", async () => {
  const on = release("wait", { onTerminal: true });
  on.emit(started());
  on.press();
  await on.answer();
  on.press();
  expect([on.said, on.signal.aborted]).toEqual([["asked about rollouts", "asked about rollouts"], false]);

  const back = release("back", { onTerminal: true });
  back.emit(started());
  back.press();
  await back.answer();
  expect([back.takenBack(), back.rejected(), back.signal.aborted]).toEqual([1, 0, false]);

  const left = release("leave", { onTerminal: true });
  left.emit(started());
  left.press();
  await left.answer();
  expect(left.signal.reason).toMatchObject({ code: "Interrupted" });
  expect(left.leave.aborted).toBe(false);
});

test("nothing is asked before the first rollout, after the last, or on the way back", () => {
  for (const events of [[], [started(), finished()], [started(), started("return")]]) {
    const { emit, press, said } = release("back", { onTerminal: true });
    for (const event of events) emit(event);
    press();
    expect(said).toEqual([warning]);
  }
});

test("a gate is asked about rather than the rollouts, and they again once it is open", async () => {
  const { emit, press, said, answer, rejected, takenBack } = release("back", { onTerminal: true });
  emit(started());
  emit(progress("POST_TEST_TRAFFIC_SHIFT"));
  emit(waiting());
  press();
  await answer();
  emit(progress("BAKE_TIME"));
  press();
  await answer();
  expect(said).toEqual(["asked", "asked about rollouts"]);
  expect([rejected(), takenBack()]).toEqual([1, 1]);
});

test("away from a gate the first Ctrl-C warns, the second ends the command", () => {
  const { emit, press, said, signal, leave } = release();
  emit(progress("SCALE_UP"));
  press();
  expect(said).toEqual([warning]);
  expect(signal.aborted).toBe(false);
  press();
  expect(signal.reason).toMatchObject({ code: "Interrupted" });
  expect(leave.aborted).toBe(false);
});

test("at a gate Ctrl-C asks, and the release is left waiting", async () => {
  const { emit, press, said, leave, signal, answer } = release("leave");
  emit(progress("POST_TEST_TRAFFIC_SHIFT"));
  emit(waiting());
  press();
  expect(said).toEqual(["asked"]);
  await answer();
  expect([leave.aborted, signal.aborted]).toEqual([true, false]);
});

test("at a gate Ctrl-C rolls back", async () => {
  const { emit, press, answer, rejected, leave, said } = release("back");
  emit(waiting());
  press();
  await answer();
  expect([rejected(), leave.aborted, said]).toEqual([1, false, ["asked"]]);
});

test("what keeps it from rolling back is told, and the next Ctrl-C asks again", async () => {
  const { emit, press, answer, said } = release("back", { rejectFails: true });
  emit(waiting());
  press();
  await answer();
  press();
  expect(said).toEqual(["asked", "AccessDenied", "asked"]);
});

test("what keeps it from asking is told, and the release goes on", async () => {
  const { emit, press, failToAsk, said, leave, signal, handlers } = release();
  emit(waiting());
  press();
  await failToAsk("The terminal is gone");
  expect(said).toEqual(["asked", "The terminal is gone"]);
  expect([leave.aborted, signal.aborted, handlers.length]).toEqual([false, false, 3]);
});

test("who wants to wait on is asked again at the next Ctrl-C", async () => {
  const { emit, press, said, answer, leave } = release("wait");
  emit(waiting());
  press();
  await answer();
  press();
  expect(said).toEqual(["asked", "asked"]);
  expect(leave.aborted).toBe(false);
});

test("once somebody has approved it nothing is asked: at another stage, or at its end", () => {
  for (const after of [progress("PRODUCTION_TRAFFIC_SHIFT"), finished()]) {
    const { emit, press, said } = release();
    emit(progress("POST_TEST_TRAFFIC_SHIFT"));
    emit(waiting());
    emit(progress("POST_TEST_TRAFFIC_SHIFT"));
    emit(after);
    press();
    expect(said).toEqual([warning]);
  }
});

test("as long as one of several services waits, it is asked about", () => {
  const { emit, press, said } = release();
  emit(waiting("web"));
  emit(waiting("api"));
  emit(finished("web"));
  press();
  expect(said).toEqual(["asked"]);
});

test("an answer that comes too late changes nothing, and is told so", async () => {
  const { emit, press, said, answer, leave, rejected } = release("back");
  emit(waiting());
  press();
  emit(finished());
  await answer();
  expect(said).toEqual(["asked", "It waits no more: the release goes on."]);
  expect([leave.aborted, rejected()]).toEqual([false, 0]);
});

test("with --no-wait nobody is to wait from the beginning; a check that is run is no gate to ask about", () => {
  const { emit, leave, press, said } = release("leave", { wait: false });
  expect(leave.aborted).toBe(true);
  emit({ type: "rollout.waiting", environment: "local", service: "web", waitsFor: "check", otherwise: "roll-back" });
  press();
  expect(said).toEqual([warning]);
});

test("hands on every event, and leaves no handler behind", () => {
  const { emit, events, handlers, done } = release();
  const all = [progress("SCALE_UP"), waiting(), finished()];
  for (const event of all) emit(event);
  expect(events).toEqual(all);
  done();
  expect(handlers).toEqual([]);
});
