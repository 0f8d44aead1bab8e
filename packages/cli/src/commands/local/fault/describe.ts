import { type FaultKind, type FaultMember, faultKinds } from "@fardel/drydock/faults/kinds.ts";
import { alignColumns } from "../../../render/text.ts";

/** A fault as drydock's admin API tells of it. */
export interface ShownFault {
  id: number;
  kind: FaultKind;
  met: number;
  struck: number;
  [member: string]: unknown;
}

/** `carriedOut` → `--carried-out` */
export function optionName(member: string): string {
  return `--${member.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A line per fault: its number, its kind, what it is limited to, and what has come of it. */
export function faultTable(faults: readonly ShownFault[]): string {
  const rows = faults.map(({ id, kind, met, struck, ...members }) => [
    String(id),
    kind,
    Object.entries(members)
      .filter(([name, value]) => value !== undefined && !(name === "probability" && value === 1))
      .map(([name, value]) => (value === true ? optionName(name) : `${optionName(name)} ${value}`))
      .join(" "),
    met > 0 ? `struck ${struck} of ${met}` : "",
  ]);
  return alignColumns(rows).join("\n");
}

/** Every kind, with the options that it takes. */
export function kindsHelp(): string {
  return Object.entries(faultKinds)
    .map(([kind, { summary, members }]) => {
      const options = Object.entries(members as Record<string, FaultMember>).map(([name, { required }]) =>
        required ? optionName(name) : `[${optionName(name)}]`,
      );
      return `  ${kind}: ${summary}\n      ${options.join(" ")}`;
    })
    .join("\n");
}
