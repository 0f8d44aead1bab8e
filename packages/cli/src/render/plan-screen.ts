import type { Difference, ReleasePlan, ResourceChange, RulePlan, StackPlan, WorkloadPlan } from "@fardel/core";
import { shortType } from "./frame.ts";
import { count } from "./quantities.ts";
import type { Style } from "./style.ts";
import { alignColumns, fit } from "./text.ts";

/** What `up` would change: stacks with their resources, then services and tasks with what is different about them. */
export function planScreen(stacks: readonly StackPlan[], release: ReleasePlan, style: Style): string {
  const { colors, width, symbols } = style;
  const changedStacks = stacks.filter(({ action }) => action !== "none");
  const changed = release.workloads.filter(({ action }) => action !== "none");
  const sections = [
    section(
      colors.bold("Infrastructure"),
      changedStacks.flatMap((stack) => stackLines(stack, style)),
    ),
    section(colors.bold("Release"), [
      ...changed.flatMap((workload) => workloadLines(workload, style)),
      ...release.rules.map((rule) => ruleLine(rule, style)),
    ]),
  ].filter((lines) => lines.length > 0);
  const screens = sections.map((lines) => lines.map((line) => fit(line, width, symbols.ellipsis)).join("\n"));
  if (screens.length === 0) screens.push("Nothing would change.");
  const rebuilt = release.workloads.filter(({ unknownImage }) => unknownImage).map(({ name }) => name);
  return [...screens, ...(rebuilt.length > 0 ? [colors.dim(sourceNote(rebuilt))] : [])].join("\n\n");
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

type Action = "create" | "update" | "delete" | "add" | "modify" | "remove" | "none";

function sign(action: Action, { colors }: Style): string {
  if (action === "create" || action === "add") return colors.green("+");
  return action === "delete" || action === "remove" ? colors.red("-") : colors.yellow("~");
}

function stackLines({ stack, action, changes }: StackPlan, style: Style): string[] {
  const rows = changes.map((change) => resourceRow(change, style));
  return [
    `  ${sign(action, style)} ${stack}: ${action}, ${count(changes.length, "resource")}`,
    // A new stack is its template; only of what is there a person wants to know every change.
    ...(action === "create" ? [] : alignColumns(rows).map((line) => `      ${line}`)),
  ];
}

function resourceRow(change: ResourceChange, style: Style): string[] {
  const { action, logicalId, resourceType, replacement, properties } = change;
  const replaced = {
    no: "",
    yes: style.colors.red("is replaced"),
    maybe: style.colors.yellow("may be replaced"),
  };
  return [
    `${sign(action, style)} ${logicalId}`,
    shortType(resourceType),
    [properties.join(", "), replaced[replacement]].filter(Boolean).join("  "),
  ];
}

/** A plan builds nothing, so it can't know what `up` will find when it does. */
function sourceNote(names: readonly string[]): string {
  return `Not looked at: whether the source has changed that ${names.join(", ")} ${names.length === 1 ? "is" : "are"} built from.`;
}

function workloadLines({ name, kind, action, differences }: WorkloadPlan, style: Style): string[] {
  return [
    `  ${sign(action, style)} ${kind} ${name}: ${action}`,
    ...(action === "update" ? differences.map((difference) => `      ${differenceLine(difference)}`) : []),
  ];
}

function differenceLine({ path, before, after }: Difference): string {
  if (before === undefined) return `${path}: ${shown(after)} is new`;
  if (after === undefined) return `${path}: ${shown(before)} goes`;
  return `${path}: ${shown(before)} becomes ${shown(after)}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value);
}

function ruleLine({ service, action, before, after }: RulePlan, style: Style): string {
  const what = before !== undefined && after !== undefined ? `${before} becomes ${after}` : (after ?? before ?? "");
  return `  ${sign(action, style)} listener rule of ${service}: ${what}`;
}
