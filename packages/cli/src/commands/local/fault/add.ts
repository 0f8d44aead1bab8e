import { type FaultMember, faultKinds } from "@fardel/drydock/faults/kinds.ts";
import { Argument, InvalidArgumentError, Option } from "commander";
import { defineCommand } from "../../../command.ts";
import { askDrydock } from "../../../local-admin.ts";
import { runningDrydock } from "../running.ts";
import { type StateOption, stateOption } from "../state-option.ts";
import { faultTable, kindsHelp, optionName, type ShownFault } from "./describe.ts";

interface Happened {
  fault?: ShownFault;
  tasks: string[];
}

type AddOptions = StateOption & Record<string, unknown>;

const examples = `
Kinds, and what each takes:
${kindsHelp()}

Every fifth call to ECS is throttled:   fardel local fault add throttle --service ecs --probability 0.2
One answer of UpdateService is lost:    fardel local fault add drop --service ecs --operation UpdateService --carried-out --count 1
A zone is gone:                         fardel local fault add zone-loss --zone eu-west-1a`;

export const add = defineCommand({
  usage(command) {
    command.addArgument(new Argument("<kind>", "what goes wrong").choices(Object.keys(faultKinds)));
    for (const [name, member] of Object.entries(everyMember())) command.addOption(optionOf(name, member));
    return stateOption(command).addHelpText("after", examples);
  },
  async run({ output }, kind: string, options: AddOptions) {
    const running = await runningDrydock(options);
    const given = Object.keys(everyMember()).flatMap((name) => (name in options ? [[name, options[name]]] : []));
    const fault = { kind, ...Object.fromEntries(given) };
    const happened = await askDrydock<Happened>(running, "POST", "faults", fault);
    output.result(happened, told(happened));
    return undefined;
  },
});

function told({ fault, tasks }: Happened): string {
  const struck = tasks.length === 1 ? "1 task was struck." : `${tasks.length} tasks were struck.`;
  if (fault === undefined) return [struck, ...tasks.map((task) => `  ${task}`)].join("\n");
  return [faultTable([fault]), ...(tasks.length > 0 ? [struck] : [])].join("\n");
}

/** What a member means is the same in every kind that has it, but for `service`. */
function everyMember(): Record<string, FaultMember> {
  const members = Object.assign({}, ...Object.values(faultKinds).map((kind) => kind.members));
  return {
    ...members,
    service: { type: "text", description: "AWS service of the calls, or ECS service of the tasks" },
  };
}

function optionOf(name: string, { type, description, values }: FaultMember): Option {
  if (type === "flag") return new Option(optionName(name), description);
  const option = new Option(
    `${optionName(name)} <${type === "text" || type === "choice" ? "name" : "number"}>`,
    description,
  );
  if (type === "choice") return option.choices(values ?? []);
  return type === "text" ? option : option.argParser(number);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It takes a number");
}
