import type { LogLine } from "@fardel/core";
import { clockTime } from "./quantities.ts";
import type { Style } from "./style.ts";
import { pad, tame } from "./text.ts";

/** Formats lines of these services and tasks, so that their texts begin in one column and each has its colour. */
export function logLineFormat(workloads: readonly string[], { colors }: Style): (line: LogLine) => string {
  const palette = [colors.cyan, colors.magenta, colors.yellow, colors.blue, colors.green];
  // Which sidecars there are only their lines tell.
  let widest = Math.max(0, ...workloads.map((name) => name.length));
  return ({ at, workload, container, task, message }) => {
    const label = container === workload ? workload : `${workload}/${container}`;
    widest = Math.max(widest, label.length);
    const color = palette[Math.max(0, workloads.indexOf(workload)) % palette.length] ?? colors.cyan;
    return `${colors.dim(clockTime(new Date(at)))} ${color(pad(label, widest))} ${colors.dim(task)}  ${tame(message)}`;
  };
}
