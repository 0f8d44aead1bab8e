// WebSockets, and when one counts as lost. A release can't keep a WebSocket for ever: what a load balancer owes it is the
// deregistration delay of its target, at whose end it is cut. So:
//
// 1. An opening that is answered otherwise than 101, or not at all, is lost.
// 2. A message without its echo in time is lost (`unanswered`).
// 3. A WebSocket of a visit, which is shorter than the deregistration delay, has to end by its client's own close, answered;
//    any other end is lost (`cut`), since its target was not done draining.
// 4. A standing WebSocket stays open as long as the load runs. When it ends by the other side, it is lost (`cut`), unless its
//    target's deregistration delay was over: whoever starts the load says so by `mayCut`. Then it opens anew, as its client would.
import type { IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import WebSocket from "ws";
import { lossOf, messageOf, type Sending } from "./http-requests.ts";
import type { Outcome } from "./samples.ts";

/** Messages of a visit, and milliseconds from one to the next. */
const visit = { messages: 10, every: 150 };
const standingMessages = 250;

/** Whether the load balancer owed the WebSockets of a target nothing more at a time (milliseconds since the epoch). */
export type MayCut = (target: string, at: number) => boolean;

/** A WebSocket that says some things, has each echoed, and closes. */
export async function visitByWebSocket(sending: Sending): Promise<Outcome> {
  const socket = await Echo.open(sending);
  if (!(socket instanceof Echo)) return socket;
  for (let message = 0; message < visit.messages; message++) {
    if (message > 0) await wait(visit.every);
    await socket.say(`message ${message}`);
  }
  return socket.ended ?? socket.close();
}

/** A WebSocket that stays until `stopped`; the answer is what became of it and, when it was cut rightly, of those after it. */
export async function standByWebSocket(
  sending: Sending,
  { stopped, mayCut, ended }: { stopped: AbortSignal; mayCut: MayCut; ended: (outcome: Outcome) => void },
): Promise<void> {
  while (!stopped.aborted) {
    const socket = await Echo.open(sending);
    if (!(socket instanceof Echo)) {
      ended(socket);
      await wait(standingMessages);
      continue;
    }
    while (!stopped.aborted && !socket.ended) {
      await socket.say("still here");
      await wait(standingMessages, undefined, { signal: stopped }).catch(() => {});
    }
    const outcome = socket.ended ?? (await socket.close());
    const rightly = outcome.loss === "cut" && mayCut(socket.target, socket.endedAt);
    ended(
      rightly ? { status: 101, detail: "cut at the end of the deregistration delay", target: socket.target } : outcome,
    );
  }
}

/** An open WebSocket to a server that first says which target it is and then repeats what it is told. */
class Echo {
  readonly target: string;
  /** How it ended, unless by `close`. */
  ended: Outcome | undefined;
  /** Milliseconds since the epoch. */
  endedAt = Number.POSITIVE_INFINITY;
  private readonly socket: WebSocket;
  private readonly timeout: number;
  private echoes = 0;
  private answered: (text: string) => void = () => {};

  private constructor(socket: WebSocket, target: string, timeout: number) {
    this.socket = socket;
    this.target = target;
    this.timeout = timeout;
    socket.on("message", (data) => this.answered(String(data)));
    socket.once("close", (code) => {
      this.endedAt = Date.now();
      this.ended ??= { loss: "cut", detail: `code ${code} after ${this.echoes} echoes`, target };
      this.answered("");
    });
  }

  /** The answer to an opening that fails is what became of it. */
  static open({ url, timeout }: Sending): Promise<Echo | Outcome> {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/echo`, { handshakeTimeout: timeout });
    return new Promise((resolve) => {
      socket.once("message", (greeting) => resolve(new Echo(socket, String(greeting), timeout)));
      socket.once("unexpected-response", (_request, response: IncomingMessage) => {
        resolve({ status: response.statusCode ?? 0, detail: "to the opening" });
        socket.terminate();
      });
      socket.on("error", (error) =>
        resolve({ loss: lossOf(error, "reset"), detail: `${messageOf(error)}, at the opening` }),
      );
      socket.once("close", (code) => resolve({ loss: "cut", detail: `code ${code} before the greeting` }));
    });
  }

  /** Says something and waits for its echo, or the end. */
  async say(text: string): Promise<void> {
    if (this.ended) return;
    const answer = new Promise<string>((resolve) => {
      this.answered = resolve;
    });
    const timer = setTimeout(() => this.fail({ loss: "unanswered", detail: text }), this.timeout);
    this.socket.send(text);
    const echo = await answer;
    clearTimeout(timer);
    if (this.ended) return;
    if (echo === text) this.echoes++;
    else this.fail({ loss: "wrong", detail: `${JSON.stringify(echo)} for ${JSON.stringify(text)}` });
  }

  /** Ends it in order. */
  async close(): Promise<Outcome> {
    this.socket.close(1000);
    const timer = setTimeout(() => this.fail({ loss: "unanswered", detail: "the close" }), this.timeout);
    const code = await new Promise<number>((resolve) => void this.socket.once("close", resolve));
    clearTimeout(timer);
    const inOrder = code === 1000 || code === 1005;
    return inOrder
      ? { status: 101, target: this.target }
      : { loss: "cut", detail: `code ${code} at the close`, target: this.target };
  }

  private fail(outcome: Outcome): void {
    this.ended = { ...outcome, target: this.target };
    this.answered("");
    this.socket.terminate();
  }
}
