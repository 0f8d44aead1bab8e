/**
 * How a request came to nothing. `reset`: its connection ended before an answer began; `truncated`: after it had begun;
 * `timeout`: no complete answer in time; `wrong`: complete, but not what this request has to be answered with. Of WebSockets,
 * `cut`: closed by the other side while it was in use; `unanswered`: open, but a message had no echo in time.
 */
export type Loss = "reset" | "refused" | "truncated" | "timeout" | "wrong" | "cut" | "unanswered" | "other";

/** What became of one request, or of one WebSocket from its opening to its end. */
export interface Outcome {
  /** Of a complete answer; 101 for a WebSocket that had all its echoes. */
  status?: number;
  loss?: Loss;
  /** What the connection said, how far it had come: `ECONNRESET aborted, 3 of 10 pieces`. */
  detail?: string;
  /** Address of the task that answered, as far as it came to that. */
  target?: string;
}

export interface Sample extends Outcome {
  /** What kind of request it was. */
  kind: string;
  /** Milliseconds since the epoch at which the request was due. */
  at: number;
  /** Milliseconds from when it was due, so that a late start counts as waiting, too. */
  latency: number;
}

export interface LoadSummary {
  requests: number;
  /** By kind, and by status or loss: `{ plain: { "200": 1998, "502": 1 }, upload: { "200": 80, reset: 1 } }`. */
  outcomes: Record<string, Record<string, number>>;
  /** Milliseconds. */
  latency: { p50: number; p99: number; max: number };
  /** How many were lost, and the first twenty of them as lines: when, what kind, what happened, where, after how long. */
  lost: number;
  losses: string[];
}

const shown = 20;

/** A request is lost when it has no complete answer, or another than 2xx (101 for a WebSocket). */
export function isLost({ loss, status = 0 }: Outcome): boolean {
  return loss !== undefined || (status !== 101 && (status < 200 || status > 299));
}

/** What became of a load. */
export function summarize(samples: readonly Sample[]): LoadSummary {
  const outcomes: LoadSummary["outcomes"] = {};
  for (const { kind, status, loss } of samples) {
    const ofKind = outcomes[kind] ?? {};
    outcomes[kind] = ofKind;
    const outcome = String(loss ?? status);
    ofKind[outcome] = (ofKind[outcome] ?? 0) + 1;
  }
  const lost = samples.filter(isLost).sort((one, other) => one.at - other.at);
  const latencies = samples.map(({ latency }) => Math.round(latency)).sort((one, other) => one - other);
  const percentile = (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? 0;
  return {
    requests: samples.length,
    outcomes,
    latency: { p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) },
    lost: lost.length,
    losses: lost.slice(0, shown).map(describeLoss),
  };
}

function describeLoss({ kind, at, status, loss, detail, target, latency }: Sample): string {
  const what = loss ?? `status ${status}`;
  const details = [detail, target && `from ${target}`].filter(Boolean).join(", ");
  return `${new Date(at).toISOString()} ${kind}: ${what}${details && ` (${details})`} after ${Math.round(latency)} ms`;
}
