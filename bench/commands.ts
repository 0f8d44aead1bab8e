import { type Machine, run } from "./machine.ts";
import { byTurns, least, timed } from "./measure.ts";
import { atMost, milliseconds, type Row } from "./row.ts";

export const about = "Whole processes, from start to exit.";

export async function commands(machine: Machine): Promise<Row[]> {
  const node =
    (...args: string[]) =>
    () =>
      timed(() => run(process.execPath, args));
  const times = await byTurns(20, {
    empty: node("-e", "0"),
    version: node(machine.fardel, "--version"),
    help: node(machine.fardel, "--help"),
  });
  const empty = least(times.empty);
  const row = (what: string, samples: number[]) => {
    const ratio = least(samples) / empty;
    return { what, measured: milliseconds(least(samples)), beside: `\`node -e 0\` ${milliseconds(empty)}`, ratio };
  };
  const version = row("`fardel --version`", times.version);
  return [{ ...version, aim: atMost(1.6, version.ratio, "×") }, row("`fardel --help`", times.help)];
}
