// An open-loop load generator: requests leave at a fixed rate whatever the answers do, as those of many people would. A
// closed loop, which waits for an answer before it asks again, falls silent just when something goes wrong.
import { Agent, request } from "node:http";
import { parseArgs } from "node:util";

export interface LoadOptions {
  /** Where to: `http://127.0.0.1:8080`. */
  url: string;
  /** Requests per second. */
  rate: number;
  /** What most requests ask for; default `/`. */
  path?: string;
  /** What a tenth of the requests asks for; default `/slow`. */
  slowPath?: string;
  /** Milliseconds without an answer after which a request counts as lost; default 30 000. */
  timeout?: number;
}

/** `reset` is any connection that ended before its answer was complete. */
type Loss = "reset" | "refused" | "timeout" | "other";

export interface Sample {
  /** Milliseconds since the epoch at which the request was due. */
  at: number;
  path: string;
  /** Absent when there was no complete answer. */
  status?: number;
  error?: Loss;
  /** What the connection said: `ECONNRESET socket hang up`. */
  detail?: string;
  /** Milliseconds from when it was due, so that a late start counts as waiting, too. */
  latency: number;
}

export interface LoadSummary {
  requests: number;
  /** By status or kind of loss: `{ "200": 1998, "502": 1, reset: 1 }`. */
  outcomes: Record<string, number>;
  /** Milliseconds. */
  latency: { p50: number; p99: number; max: number };
  /** How many had no answer or another than 2xx, and the first ten of them as lines: time, path, what happened, latency. */
  failed: number;
  firstFailures: string[];
}

export interface Load {
  /** All requests that have ended, in the order of their ends; grows while the load runs. */
  readonly samples: readonly Sample[];
  /** Sends no more, and resolves when every request has ended. */
  stop(): Promise<LoadSummary>;
}

/** One of ten requests is slow, each time another one: a balancer that takes targets in turn would else give all of them to one. */
const isSlow = (index: number) => index % 10 === Math.floor(index / 10) % 10;

/** Below the 60 s after which a load balancer closes an idle connection, as a client must if it is to lose nothing. */
const idleConnection = 30_000;

/** Starts a load that runs until it is stopped. */
export function startLoad(options: LoadOptions): Load {
  const { url, rate, path = "/", slowPath = "/slow", timeout = 30_000 } = options;
  const agent = new Agent({ keepAlive: true, timeout: idleConnection });
  const samples: Sample[] = [];
  const underWay = new Set<Promise<void>>();
  const start = performance.now();
  const epoch = Date.now();
  let sent = 0;

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) * rate) / 1_000);
    for (; sent < due; sent++) {
      const target = new URL(isSlow(sent) ? slowPath : path, url);
      const dueAt = start + (sent * 1_000) / rate;
      const one = ask(target, agent, timeout).then((outcome) => {
        const latency = performance.now() - dueAt;
        samples.push({ at: epoch + dueAt - start, path: target.pathname, ...outcome, latency });
        underWay.delete(one);
      });
      underWay.add(one);
    }
  }, 2);

  return {
    samples,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      agent.destroy();
      return summarize(samples);
    },
  };
}

type Outcome = Pick<Sample, "status" | "error" | "detail">;

function ask(url: URL, agent: Agent, timeout: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const lost = (error: NodeJS.ErrnoException) =>
      resolve({ error: lossOf(error), detail: `${error.code ?? ""} ${error.message}`.trim() });
    const sent = request(url, { agent, signal: AbortSignal.timeout(timeout) }, (response) => {
      response.resume();
      response.once("end", () => resolve({ status: response.statusCode ?? 0 }));
      response.once("error", lost);
    });
    sent.once("error", lost);
    sent.end();
  });
}

function lossOf(error: NodeJS.ErrnoException): Loss {
  if (error.name === "AbortError") return "timeout";
  if (error.code === "ECONNREFUSED") return "refused";
  return error.code === "ECONNRESET" || error.code === "EPIPE" ? "reset" : "other";
}

/** What became of a load. */
export function summarize(samples: readonly Sample[]): LoadSummary {
  const outcomes: Record<string, number> = {};
  for (const { status, error } of samples) {
    const outcome = String(status ?? error);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  const failures = samples
    .filter(({ status = 0 }) => status < 200 || status > 299)
    .sort((one, other) => one.at - other.at);
  const latencies = samples.map(({ latency }) => Math.round(latency)).sort((one, other) => one - other);
  const percentile = (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? 0;
  return {
    requests: samples.length,
    outcomes,
    latency: { p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) },
    failed: failures.length,
    firstFailures: failures.slice(0, 10).map(describeFailure),
  };
}

function describeFailure({ at, path, status, error, detail, latency }: Sample): string {
  const what = error === undefined ? `status ${status}` : `${error} (${detail})`;
  return `${new Date(at).toISOString()} ${path} ${what} after ${Math.round(latency)} ms`;
}

if (import.meta.main) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { rate: { type: "string", default: "200" }, seconds: { type: "string", default: "30" } },
  });
  const [url] = positionals;
  if (url === undefined) throw new Error("Usage: node test/load/open-loop.ts URL [--rate 200] [--seconds 30]");
  const load = startLoad({ url, rate: Number(values.rate) });
  await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1_000));
  const summary = await load.stop();
  console.log(JSON.stringify(summary, null, 2));
  process.exitCode = summary.failed > 0 ? 1 : 0;
}
