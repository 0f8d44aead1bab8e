import { once } from "node:events";
import { type Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Loss, Outcome } from "./samples.ts";

/** What a request is sent with, whatever its kind. */
export interface Sending {
  /** Where to: `http://127.0.0.1:8080`, or a path below it. */
  url: string;
  /** Keeps connections alive, as browsers do. */
  agent: Agent;
  /** Milliseconds without a complete answer after which a request counts as lost. */
  timeout: number;
}

interface Asked {
  path: string;
  /** A body that is sent piece by piece, each some milliseconds after the one before it. */
  body?: { pieces: Buffer[]; every: number; coding: "chunked" | "length" };
  /** What is wrong with a complete answer of 2xx; undefined when it is as it has to be. */
  fault?: (text: string) => string | undefined;
}

/** One request by Node's client. */
export async function ask({ url, agent, timeout }: Sending, { path, body, fault }: Asked): Promise<Outcome> {
  const signal = AbortSignal.timeout(timeout);
  const length = body?.coding === "length" && {
    "content-length": body.pieces.reduce((sum, { length }) => sum + length, 0),
  };
  const sent = request(`${url}${path}`, { agent, signal, method: body ? "POST" : "GET", headers: { ...length } });
  const outcome = answerOf(sent, fault);
  if (body) await sendSlowly(sent, body);
  sent.end();
  return outcome;
}

async function sendSlowly(sent: ClientRequest, { pieces, every }: NonNullable<Asked["body"]>): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await wait(every);
    if (sent.destroyed) return;
    sent.write(piece);
  }
}

function answerOf(sent: ClientRequest, fault: Asked["fault"]): Promise<Outcome> {
  return new Promise((resolve) => {
    sent.once("response", (response) => resolve(read(response, fault)));
    sent.on("error", (error) => resolve({ loss: lossOf(error, "reset"), detail: messageOf(error) }));
  });
}

async function read(response: IncomingMessage, fault: Asked["fault"]): Promise<Outcome> {
  const target = response.headers["x-target"] ? { target: String(response.headers["x-target"]) } : {};
  let text = "";
  response.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  try {
    await once(response, "end");
  } catch (error) {
    const detail = `${messageOf(error as Error)}, ${text.length} characters of status ${response.statusCode}`;
    return { loss: lossOf(error as Error, "truncated"), detail, ...target };
  }
  const status = response.statusCode ?? 0;
  const wrong = status >= 200 && status <= 299 ? fault?.(text) : undefined;
  return wrong === undefined ? { status, ...target } : { loss: "wrong", detail: wrong, ...target };
}

/** What an error of a connection says; `broken` is what its early end means at this point. */
export function lossOf(error: NodeJS.ErrnoException, broken: "reset" | "truncated"): Loss {
  if (error.name === "AbortError") return "timeout";
  if (error.code === "ECONNREFUSED") return "refused";
  return error.code === "ECONNRESET" || error.code === "EPIPE" ? broken : "other";
}

export function messageOf(error: NodeJS.ErrnoException): string {
  return `${error.code ?? ""} ${error.message}`.trim();
}
