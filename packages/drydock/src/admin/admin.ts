import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServiceHost } from "../gateway/host.ts";
import type { TaskRuntime } from "../region.ts";
import { greatestTimeScale, isTimeScale, type ScaledClock } from "../scaled-clock.ts";
import { refuseWebPages } from "./access.ts";
import { AdminError } from "./admin-error.ts";
import { readObject } from "./body.ts";

/** What the admin API drives. */
export interface Administered {
  /** Who answers here: how `fardel local status` tells this region from whatever else may listen on its port. */
  readonly status: { pid: number; region: string; accountId: string; runtime: TaskRuntime };
  readonly clock: ScaledClock;
  readonly host: ServiceHost;
  /** Stops everything and forgets all state. Resolves when an empty region answers. */
  reset(): Promise<void>;
}

/** `id` is what stands for the path's `*`. */
type Method = (request: IncomingMessage, administered: Administered, id: string) => unknown;

/** Loaded when first asked for, since ECS comes with them. */
const faults = () => import("./faults.ts");

export const adminPrefix = "/_drydock/";

const paths: Record<string, Record<string, Method>> = {
  status: { GET: (_, { status }) => status },
  faults: {
    GET: async (_, { host }) => (await faults()).listFaults(host),
    POST: async (request, { host }) => (await faults()).addFault(request, host),
    DELETE: async (_, { host }) => (await faults()).clearFaults(host),
  },
  "faults/*": {
    DELETE: async (_, { host }, id) => (await faults()).removeFault(host, id),
  },
  state: {
    GET: async (_, { host, clock }) => {
      const { dumpState } = await import("./state.ts");
      return { timeScale: clock.scale, ...(await dumpState(host.region)) };
    },
  },
  reset: {
    POST: async (_, { reset }) => {
      await reset();
      return { reset: true };
    },
  },
  "time-scale": {
    GET: (_, { clock }) => ({ scale: clock.scale }),
    PUT: async (request, { clock }) => {
      const { scale } = await readObject(request, ["scale"]);
      if (typeof scale !== "number" || !isTimeScale(scale)) {
        throw new AdminError(400, "InvalidValue", `${JSON.stringify(scale)} is no time scale.`, {
          path: "scale",
          expected: `a number from 1 to ${greatestTimeScale}`,
        });
      }
      clock.setScale(scale);
      return { scale: clock.scale };
    },
  },
};

/**
 * The region's own API, below `/_drydock/`: JSON in and out, unsigned, for programs on this machine. An error is
 * `{ error: { code, message, path?, expected? } }`.
 */
export async function administer(
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  administered: Administered,
): Promise<void> {
  try {
    refuseWebPages(request);
    const [, path = "", id = ""] = /^([^/]*)(?:\/([^/]+))?$/.exec(pathname.slice(adminPrefix.length)) ?? [];
    const method = methodFor(request.method ?? "GET", pathname, id === "" ? path : `${path}/*`);
    send(response, 200, await method(request, administered, id));
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    const { status, code, message, path, expected } = error;
    send(response, status, { error: { code, message, path, expected } });
  }
}

/** @throws AdminError 404, 405 */
function methodFor(name: string, pathname: string, path: string): Method {
  const methods = Object.hasOwn(paths, path) ? paths[path] : undefined;
  if (!methods) {
    throw new AdminError(404, "UnknownPath", `The embedded region has no ${pathname}.`, {
      expected: `one of ${Object.keys(paths)
        .map((known) => adminPrefix + known)
        .join(", ")}`,
    });
  }
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) {
    const expected = Object.keys(methods).join(" or ");
    throw new AdminError(405, "WrongMethod", `${pathname} doesn't take ${name}.`, { expected });
  }
  return method;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
