import { type DrydockStatus, readStatus } from "@fardel/drydock/control.ts";
import { type StateOption, stateDirectory } from "./state-option.ts";
import { notRunning } from "./status.ts";

/** @throws FardelError when drydock doesn't run */
export async function runningDrydock(options: StateOption): Promise<DrydockStatus> {
  const running = await readStatus(stateDirectory(options));
  if (running === undefined) throw notRunning();
  return running;
}
