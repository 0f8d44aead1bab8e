import type { IncomingMessage } from "node:http";
import { faultsOf, type KeptFault } from "../faults/fault-book.ts";
import { end, type Happened, happen } from "../faults/happen.ts";
import { faultKinds } from "../faults/kinds.ts";
import { readFault } from "../faults/read-fault.ts";
import { type Fault, isCallFault } from "../faults/rule.ts";
import type { ServiceHost } from "../gateway/host.ts";
import { services } from "../services/index.ts";
import { AdminError } from "./admin-error.ts";
import { readObject } from "./body.ts";

const members = ["kind", ...new Set(Object.values(faultKinds).flatMap((kind) => Object.keys(kind.members)))];

export function listFaults({ region }: ServiceHost): { faults: KeptFault[] } {
  return { faults: faultsOf(region).list() };
}

/** @throws AdminError 400 for a fault that can't be */
export async function addFault(request: IncomingMessage, host: ServiceHost): Promise<Happened> {
  const fault = readFault(await readObject(request, members));
  await checkCall(fault, host);
  return happen(host.region, fault);
}

/** @throws AdminError 404 */
export function removeFault({ region }: ServiceHost, id: string): { removed: number } {
  if (!end(region, Number(id))) {
    const ids = faultsOf(region)
      .list()
      .map((fault) => fault.id);
    throw new AdminError(404, "UnknownFault", `There is no fault ${JSON.stringify(id)}.`, {
      expected: ids.length > 0 ? `one of ${ids.join(", ")}` : "no id: there are no faults",
    });
  }
  return { removed: 1 };
}

export function clearFaults({ region }: ServiceHost): { removed: number } {
  const faults = faultsOf(region).list();
  for (const { id } of faults) end(region, id);
  return { removed: faults.length };
}

/** A fault of calls that nobody can make would never strike, and look as if there were none to be seen. */
async function checkCall(fault: Fault, host: ServiceHost): Promise<void> {
  if (!isCallFault(fault)) return;
  const { service, operation } = fault;
  if (service === undefined && operation === undefined) return;
  const loaded = service === undefined ? undefined : await host.find(service);
  if (!loaded) {
    const message = service === undefined ? "An operation is one of a service." : `There is no service ${service}.`;
    const expected = `one of ${Object.keys(services).sort().join(", ")}`;
    throw new AdminError(400, "InvalidFault", message, { path: "service", expected });
  }
  const { operations } = await loaded.model();
  if (operation === undefined || operations.has(operation)) return;
  throw new AdminError(400, "InvalidFault", `${service} has no operation ${operation}.`, {
    path: "operation",
    expected: "the operation's name as AWS's reference writes it, such as UpdateService",
  });
}
