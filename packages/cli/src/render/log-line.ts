import type { LogLine } from "@fardel/core";
import type { Style } from "./style.ts";
import { pad, tame } from "./text.ts";

/** Formats lines of these services and tasks, so that their texts begin in one column and each has its colour. */
export function logLineFormat(workloads: readonly string[], { colors }: Style): (line: LogLine) => string {
  const palette = [colors.cyan, colors.magenta, colors.yellow, colors.blue, colors.green];
  const widest = Math.max(0, ...workloads.map((name) => name.length));
  return ({ at, workload, task, message }) => {
    const color = palette[Math.max(0, workloads.indexOf(workload)) % palette.length] ?? colors.cyan;
    return `${colors.dim(clockTime(new Date(at)))} ${color(pad(workload, widest))} ${colors.dim(task)}  ${tame(message)}`;
  };
}

/** `14:03:22.120`, by the reader's clock. */
function clockTime(time: Date): string {
  const part = (value: number, digits = 2) => String(value).padStart(digits, "0");
  return `${part(time.getHours())}:${part(time.getMinutes())}:${part(time.getSeconds())}.${part(time.getMilliseconds(), 3)}`;
}
