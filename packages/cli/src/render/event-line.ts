import type { EnvironmentEvent } from "@fardel/core";
import { clockTime } from "./quantities.ts";
import type { Style } from "./style.ts";
import { pad, tame, widthOf, wrap } from "./text.ts";

/** Formats events as they come: a heading for each new day, then time, service or stack, and what happened. */
export function eventLineFormat({ colors, width }: Style): (event: EnvironmentEvent) => string {
  let day = "";
  let subjects = 0;
  return ({ at, source, subject, message, trouble }) => {
    const time = new Date(at);
    subjects = Math.max(subjects, widthOf(subject));
    const indent = " ".repeat(clockWidth + 2 + subjects + 2);
    const [head = "", ...tail] = wrap(shortened(tame(message)), Math.max(30, width - indent.length));
    const color = trouble ? colors.red : source === "rollout" ? colors.bold : source === "stack" ? colors.dim : plain;
    const today = time.toDateString();
    const heading = today === day ? [] : [colors.dim(today)];
    day = today;
    return [
      ...heading,
      `${colors.dim(clockTime(time))}  ${colors.cyan(pad(subject, subjects))}  ${color(head)}`,
      ...tail.map((line) => `${indent}${color(line)}`),
    ].join("\n");
  };
}

/** `arn:aws:elasticloadbalancing:…:targetgroup/shop-web/0123` → `shop-web`: the rest of an ARN tells a person nothing here. */
function shortened(message: string): string {
  return message.replaceAll(/\barn:[\w-]+:[\w-]+:[\w-]*:\d*:[\w-]+\/([\w-]+)[\w/-]*/g, "$1");
}

const clockWidth = "14:03:22.120".length;
const plain = (text: string) => text;
