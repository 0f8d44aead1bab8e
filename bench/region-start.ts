import { setTimeout as sleep } from "node:timers/promises";
import { ended, has, type Machine, memoryOf } from "./machine.ts";
import { byTurns, least } from "./measure.ts";
import { type RunningRegion, startDrydock, startMoto } from "./regions.ts";
import { atMost, milliseconds, type Row, skipped } from "./row.ts";

export const about = `From the start of the process to its first answer over HTTP, on an empty state directory; resident memory half a second later.
drydock has been started before on this machine (V8's compile cache), as moto has its \`.pyc\` files.`;

export async function regionStart(machine: Machine): Promise<Row[]> {
  const memory: Record<string, number> = {};
  const start = (name: string, begin: (machine: Machine) => Promise<RunningRegion>) => async () => {
    const region = await begin(machine);
    await sleep(500);
    memory[name] = Math.min(memory[name] ?? Number.POSITIVE_INFINITY, memoryOf(region.process));
    await ended(region.process);
    return region.readyMs;
  };
  const hasMoto = has("moto_server", "--help");
  const drydock = start("drydock", (on) => startDrydock(on));
  const { drydock: ours, moto } = await byTurns(5, {
    drydock,
    moto: hasMoto ? start("moto", startMoto) : async () => Number.NaN,
  });
  const ready = least(ours);
  const resident = memory.drydock ?? Number.NaN;
  const aims = [atMost(300, ready, " ms"), atMost(120, resident, " MB")] as const;
  const first = { what: "drydock ready", measured: milliseconds(ready), aim: aims[0] };
  const second = { what: "drydock idle, memory", measured: `${resident.toFixed(0)} MB`, aim: aims[1] };
  if (!hasMoto) return [first, second].map((row) => ({ ...skipped(row.what, "moto_server"), ...row }));
  const motoMemory = memory.moto ?? Number.NaN;
  return [
    { ...first, beside: `moto_server ${milliseconds(least(moto))}`, ratio: ready / least(moto) },
    { ...second, beside: `moto_server ${motoMemory.toFixed(0)} MB`, ratio: resident / motoMemory },
  ];
}
