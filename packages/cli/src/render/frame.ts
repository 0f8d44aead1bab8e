import { waitingLines } from "./gate-text.ts";
import type { ImageProgress, Progress, RolloutProgress, StackProgress, TaskProgress } from "./progress.ts";
import { count, formatBytes, formatDuration } from "./quantities.ts";
import { stageText, tasksText } from "./rollout-text.ts";
import type { Style } from "./style.ts";
import { fit, pad, tame, widthOf } from "./text.ts";

const barWidth = 12;
const spinnerMilliseconds = 80;

type State = "running" | "waiting" | "done" | "failed";

/** One line of the live view before it is aligned with the others. */
interface Row {
  state: State;
  name: string;
  text: string;
  /** Lines under it, from programs: shown as they are. */
  below?: string[];
}

/** The live view at a moment, as lines no wider than the terminal: finished steps, and how far the others are. */
export function frame(progress: Progress, style: Style, now: number): string[] {
  const rows = [
    ...infrastructureRows(progress.stacks, now),
    ...[...progress.images].map(([name, image]) => imageRow(name, image, now)),
    ...[...progress.tasks].map(([name, task]) => taskRow(name, task, now)),
    ...[...progress.rollouts].map(([name, rollout]) => rolloutRow(name, rollout, style, now)),
  ];
  const widest = Math.max(0, ...rows.map(({ name }) => widthOf(name)));
  return rows.flatMap((row) => rowLines(row, widest, style, now));
}

function rowLines({ state, name, text, below = [] }: Row, widest: number, style: Style, now: number): string[] {
  const { colors, symbols, width } = style;
  const line = `${symbol(state, style, now)} ${pad(name, widest)}  ${state === "done" ? colors.dim(text) : text}`;
  return [
    fit(line, width, symbols.ellipsis),
    ...below.map((each) => colors.dim(fit(`    ${tame(each)}`, width, symbols.ellipsis))),
  ];
}

function symbol(state: State, { colors, symbols }: Style, now: number): string {
  if (state === "done") return colors.green(symbols.done);
  if (state === "failed") return colors.red(symbols.failed);
  if (state === "waiting") return colors.yellow(symbols.dot);
  const { spinner } = symbols;
  return colors.cyan(spinner[Math.floor(now / spinnerMilliseconds) % spinner.length] ?? "");
}

/** A line per stack that changes; those that don't share one. */
function infrastructureRows(stacks: Progress["stacks"], now: number): Row[] {
  const unchanged = [...stacks.values()].filter(({ outcome }) => outcome === "unchanged").length;
  const rest = [...stacks].filter(([, { outcome }]) => outcome !== "unchanged");
  return [
    ...(unchanged > 0
      ? [{ state: "done" as const, name: "infrastructure", text: `${count(unchanged, "stack")} unchanged` }]
      : []),
    ...rest.map(([name, stack]) => stackRow(name, stack, now)),
  ];
}

const doing = { create: "creating", update: "updating", delete: "deleting" };

function stackRow(name: string, stack: StackProgress, now: number): Row {
  const { outcome, current, changes, completed, action } = stack;
  if (outcome !== undefined) {
    const text = `${outcome} in ${formatDuration(stack.durationMs ?? 0)}`;
    return { state: outcome === "failed" ? "failed" : "done", name: `stack ${name}`, text };
  }
  const done = changes > 0 ? ` ${Math.min(completed.size, changes)}/${changes}` : "";
  const resource = current ? `  ${current.logicalId} ${shortType(current.resourceType)}` : "";
  return {
    state: "running",
    name: `stack ${name}`,
    text: `${doing[action]}${done}${resource}${waiting(stack.started, now)}`,
  };
}

/** `AWS::RDS::DBInstance` as people say it. */
export function shortType(resourceType: string): string {
  return resourceType.replace(/^AWS::/, "").replace("::", " ");
}

function imageRow(name: string, image: ImageProgress, now: number): Row {
  const { built, pushed, message } = image;
  const size = built ? `${formatBytes(built.sizeBytes)}, ` : "";
  const how = built?.cached ? "built before" : `built in ${formatDuration(built?.durationMs ?? 0)}`;
  if (built && pushed) {
    const sent = pushed.sentBytes > 0 ? `sent ${formatBytes(pushed.sentBytes)}` : "nothing to send";
    return { state: "done", name: `image ${name}`, text: `${size}${how}, ${sent}` };
  }
  // Some commands only build.
  if (built && message === undefined) return { state: "done", name: `image ${name}`, text: `${size}${how}` };
  const text = built ? `${size}${how}, ${message}` : (message ?? "building");
  return { state: "running", name: `image ${name}`, text: `${tame(text)}${waiting(image.started, now)}` };
}

function taskRow(name: string, task: TaskProgress, now: number): Row {
  const { exitCode, durationMs, log } = task;
  if (exitCode === undefined) {
    return { state: "running", name: `task ${name}`, text: `running${waiting(task.started, now)}`, below: log };
  }
  const text = `exit code ${exitCode} after ${formatDuration(durationMs ?? 0)}`;
  return { state: exitCode === 0 ? "done" : "failed", name: `task ${name}`, text, below: log };
}

function rolloutRow(name: string, rollout: RolloutProgress, style: Style, now: number): Row {
  const { counts, outcome, message, durationMs } = rollout;
  const gate = rollout.waiting && { below: waitingLines(rollout.waiting) };
  if (outcome !== undefined) {
    const tasks = counts && outcome === "serving" ? `${tasksText(counts)}, ` : "";
    const text = `${tasks}${outcome}, ${formatDuration(durationMs ?? 0)}`;
    if (outcome === "waiting") return { state: "waiting", name: `service ${name}`, text, ...gate };
    return { state: outcome === "serving" ? "done" : "failed", name: `service ${name}`, text };
  }
  if (counts === undefined)
    return { state: "running", name: `service ${name}`, text: `starting${waiting(rollout.started, now)}` };
  const { desired, running, healthy = running, pending, failed, oldRunning } = counts;
  const parts = [
    tasksText(counts),
    bar(healthy, desired, style),
    failed > 0 && style.colors.red(`${failed} failed`),
    pending > 0 && `${pending} starting`,
    oldRunning > 0 && `${oldRunning} old left`,
    counts.bakesUntil === undefined ? stageText(counts) : bakeLeft(counts.bakesUntil, now),
    message && tame(message),
  ];
  return {
    state: "running",
    name: `service ${name}`,
    text: `${parts.filter(Boolean).join("  ")}${waiting(rollout.started, now)}`,
    ...gate,
  };
}

function bakeLeft(until: string, now: number): string {
  return `${formatDuration(Math.max(0, Date.parse(until) - now))} of bake left`;
}

function bar(value: number, total: number, { symbols }: Style): string {
  const filled = total === 0 ? barWidth : Math.round((Math.min(value, total) / total) * barWidth);
  const { barStart, barFull, barEmpty, barEnd } = symbols;
  return `${barStart}${barFull.repeat(filled)}${barEmpty.repeat(barWidth - filled)}${barEnd}`;
}

/** Seconds since something began, once they are worth telling. */
function waiting(started: number, now: number): string {
  const seconds = Math.floor((now - started) / 1000);
  return seconds < 2 ? "" : `  ${seconds}s`;
}
