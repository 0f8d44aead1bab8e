// An open-loop load generator: requests leave at a fixed rate whatever the answers do, as those of many people would. A
// closed loop, which waits for an answer before it asks again, falls silent just when something goes wrong.
import { Agent } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { everyKind, inTurn, type Kind, kinds, type Mix } from "./kinds.ts";
import { type LoadSummary, type Outcome, type Sample, summarize } from "./samples.ts";
import { type MayCut, standByWebSocket } from "./web-sockets.ts";

export interface LoadOptions {
  /** Where to: `http://127.0.0.1:8080`, or a path below it without a slash at its end. */
  url: string;
  /** Requests per second. */
  rate: number;
  /** Default: nine plain requests to a slow one. */
  mix?: Mix;
  /** Milliseconds without an answer after which a request counts as lost; default 30 000. */
  timeout?: number;
  /** WebSockets that stay open all the time beside the requests; see `web-sockets.ts` for when one is lost. */
  standing?: { count: number; mayCut: MayCut };
}

export interface Load {
  /** All requests that have ended, in the order of their ends; grows while the load runs. */
  readonly samples: readonly Sample[];
  /** Sends no more, and resolves when every request has ended. */
  stop(): Promise<LoadSummary>;
}

/** Below the 60 s after which a load balancer closes an idle connection, as a client must if it is to lose nothing. */
const idleConnection = 30_000;

/** Starts a load that runs until it is stopped. */
export function startLoad(options: LoadOptions): Load {
  const { url, rate, mix = { plain: 90, slow: 10 }, timeout = 30_000, standing } = options;
  const agent = new Agent({ keepAlive: true, timeout: idleConnection });
  const sending = { url, agent, timeout };
  const kindOf = inTurn(mix);
  const samples: Sample[] = [];
  const underWay = new Set<Promise<void>>();
  const stopped = new AbortController();
  const start = performance.now();
  const epoch = Date.now();
  let sent = 0;

  const record = (kind: string, dueAt: number, outcome: Outcome) =>
    void samples.push({ kind, at: epoch + dueAt - start, ...outcome, latency: performance.now() - dueAt });

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) * rate) / 1_000);
    for (; sent < due; sent++) {
      const kind = kindOf(sent);
      const dueAt = start + (sent * 1_000) / rate;
      const one = kinds[kind](sending).then((outcome) => {
        record(kind, dueAt, outcome);
        underWay.delete(one);
      });
      underWay.add(one);
    }
  }, 2);

  for (let i = 0; i < (standing?.count ?? 0); i++) {
    let opened = start;
    const ended = (outcome: Outcome) => {
      record("standing websocket", opened, outcome);
      opened = performance.now();
    };
    const mayCut = standing?.mayCut ?? (() => false);
    underWay.add(standByWebSocket(sending, { stopped: stopped.signal, mayCut, ended }));
  }

  return {
    samples,
    async stop() {
      clearInterval(timer);
      stopped.abort();
      await Promise.all(underWay);
      agent.destroy();
      return summarize(samples);
    },
  };
}

/** Waits until a request of a kind has come since and been answered: from then on there always are some of it under way. */
export async function untilAnswered({ samples }: Load, kind: Kind, patience = 60_000): Promise<void> {
  const since = Date.now();
  while (!samples.some((sample) => sample.kind === kind && sample.at > since)) {
    if (Date.now() - since > patience) throw new Error(`No ${kind} request was answered for ${patience} ms.`);
    await wait(10);
  }
}

if (import.meta.main) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      rate: { type: "string", default: "200" },
      seconds: { type: "string", default: "30" },
      everything: { type: "boolean", default: false },
    },
  });
  const [url] = positionals;
  if (url === undefined)
    throw new Error("Usage: node test/load/open-loop.ts URL [--rate 200] [--seconds 30] [--everything]");
  const load = startLoad({ url, rate: Number(values.rate), ...(values.everything && { mix: everyKind }) });
  await wait(Number(values.seconds) * 1_000);
  const summary = await load.stop();
  console.log(JSON.stringify(summary, null, 2));
  process.exitCode = summary.lost > 0 ? 1 : 0;
}
