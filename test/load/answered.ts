import type { Sample } from "./samples.ts";

/** What one of several answerers, a revision say, answered of a load. */
export interface Answered {
  by: string;
  /** When its first and its last request were due; milliseconds since the epoch. */
  from: number;
  to: number;
  /**
   * Requests that it was still answering half a second after its last one was due. Where others have taken over from it, these
   * are what would have been lost, had it been taken away as soon as it got nothing new.
   */
  underWay: number;
}

const moment = 500;

/** Who answered requests of a load, in the order in which they began to. `who` knows an answerer by its target. */
export function answeredBy(samples: readonly Sample[], who: (target: string) => string): Answered[] {
  return [...Map.groupBy(attributable(samples), ({ target }) => who(target))]
    .map(([by, answers]) => {
      const due = answers.map(({ at }) => at);
      const to = Math.max(...due);
      const underWay = answers.filter((answer) => endOf(answer) > to + moment).length;
      return { by, from: Math.min(...due), to, underWay };
    })
    .sort((one, other) => one.from - other.from);
}

/**
 * Which share of the requests that were both sent and answered within a time an answerer had. Only of those is it sure that
 * they were routed then.
 */
export function shareWithin(
  samples: readonly Sample[],
  { from, to }: { from: number; to: number },
  isAnswerer: (target: string) => boolean,
): { share: number; requests: number } {
  const within = attributable(samples).filter((sample) => sample.at >= from && endOf(sample) <= to);
  const own = within.filter(({ target }) => isAnswerer(target));
  return { share: own.length / within.length, requests: within.length };
}

/** Of a WebSocket that stays, only its beginning is a request; of some kinds nobody knows who answered. */
const attributable = (samples: readonly Sample[]) =>
  samples.flatMap(({ target, ...sample }) =>
    target === undefined || sample.kind === "standing websocket" ? [] : [{ ...sample, target }],
  );
const endOf = ({ at, latency }: Pick<Sample, "at" | "latency">) => at + latency;
