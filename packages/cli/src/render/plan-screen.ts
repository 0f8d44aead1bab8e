import type { Difference, ReleasePlan, ResourceChange, RulePlan, StackPlan, WorkloadPlan } from "@fardel/core";
import { shortType } from "./frame.ts";
import { count } from "./quantities.ts";
import type { Style } from "./style.ts";
import { alignColumns, fit, widthOf, wrap } from "./text.ts";

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
  return [
    ...screens,
    ...(rebuilt.length > 0
      ? [
          wrap(sourceNote(rebuilt), width)
            .map((line) => colors.dim(line))
            .join("\n"),
        ]
      : []),
  ].join("\n\n");
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
  const head = `  ${sign(action, style)} ${kind} ${name}: ${action}`;
  if (action !== "update") return [head];
  const groups = Map.groupBy(differences, groupOf);
  return [
    head,
    ...[...groups].flatMap(([group, members]) => [
      `      ${style.colors.dim(group)}`,
      ...members.flatMap((each) => differenceLines(each, style)).map((line) => `        ${line}`),
    ]),
  ];
}

/** What a difference is of; the paths of a task definition begin with a container's name, or are its own keys. */
function groupOf({ path }: Difference): string {
  const [first = ""] = path.split(".");
  return ["service", "scaling", "schedule"].includes(first) ? first : "task definition";
}

/** On one line where that has room, else what goes and what comes below the path. */
function differenceLines({ path, before, after }: Difference, { colors, width }: Style): string[] {
  const name = path.replace(/^(service|scaling|schedule)\./, "");
  const line =
    before === undefined
      ? `${name}: ${shown(after)} is new`
      : after === undefined
        ? `${name}: ${shown(before)} goes`
        : `${name}: ${shown(before)} becomes ${shown(after)}`;
  if (widthOf(line) <= width - 8) return [line];
  return [
    name,
    ...(before === undefined ? [] : hanging(colors.red("-"), shown(before), width)),
    ...(after === undefined ? [] : hanging(colors.green("+"), shown(after), width)),
  ];
}

function hanging(mark: string, text: string, width: number): string[] {
  return wrap(text, width - 12).map((line, at) => `  ${at === 0 ? mark : " "} ${line}`);
}

function shown(value: unknown): string {
  return JSON.stringify(value);
}

function ruleLine({ service, action, before, after }: RulePlan, style: Style): string {
  const what = before !== undefined && after !== undefined ? `${before} becomes ${after}` : (after ?? before ?? "");
  return `  ${sign(action, style)} listener rule of ${service}: ${what}`;
}
