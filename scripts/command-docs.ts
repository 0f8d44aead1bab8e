import { createProgram } from "../packages/cli/src/program.ts";
import { type Pages, writePages } from "./generated-pages.ts";

type Command = Awaited<ReturnType<typeof createProgram>>;

/** Writes docs/commands/: one page per command, from what `--help` is made of. */
export const folder = "commands";

const origin =
  "<!-- Written by `npx node scripts/command-docs.ts` from the commands' own help: change that, not this page. -->";

export async function commandDocs(): Promise<Pages> {
  const program = await wholeProgram();
  const commands = visible(program);
  return new Map([
    [`${folder}/README.md`, overview(program, commands)],
    ...commands.map((command): [string, string] => [`${folder}/${command.name()}.md`, page(command)]),
  ]);
}

/** Arguments and options of a command are loaded when its name is typed, so all of them are. */
async function wholeProgram(): Promise<Command> {
  const names = (command: Command): string[] => command.commands.flatMap((each) => [each.name(), ...names(each)]);
  const outline = await createProgram([], async () => {});
  return createProgram(names(outline), async () => {});
}

/** In alphabetical order, as people look for them. */
function visible(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== "help")
    .sort((a, b) => (a.name() < b.name() ? -1 : 1));
}

function overview(program: Command, commands: readonly Command[]): string {
  const rows = commands.map((each) => `| [\`fardel ${each.name()}\`](${each.name()}.md) | ${each.summary()} |`);
  return [
    "# Commands",
    origin,
    program.description(),
    ["| command | |", "|---|---|", ...rows].join("\n"),
    "Without an environment's name, commands work on `local`: this machine, no account needed.",
    "## Options of every command",
    options(program.options),
    "",
  ].join("\n\n");
}

function page(command: Command): string {
  return [
    `# fardel ${command.name()}`,
    origin,
    ...body(command, 2),
    "Every command also takes [these options](README.md#options-of-every-command).",
    "",
  ].join("\n\n");
}

function body(command: Command, depth: number): string[] {
  const heading = "#".repeat(depth);
  return [
    command.description(),
    `\`\`\`\n${fullName(command)} ${command.usage()}\n\`\`\``,
    ...(command.registeredArguments.length > 0 ? [argumentTable(command.registeredArguments)] : []),
    ...(command.options.length > 0 ? [options(command.options)] : []),
    ...closing(command),
    ...visible(command).flatMap((each) => [`${heading} ${fullName(each)}`, ...body(each, depth + 1)]),
  ];
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function argumentTable(list: Command["registeredArguments"]): string {
  const rows = list.map((argument) => {
    const { description, defaultValue, required, variadic } = argument;
    const name = `${argument.name()}${variadic ? "..." : ""}`;
    return row(required ? `<${name}>` : `[${name}]`, description, defaultValue);
  });
  return ["| argument | |", "|---|---|", ...rows].join("\n");
}

function options(list: Command["options"]): string {
  const rows = list
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description, defaultValue, negate }) => row(flags, description, negate ? undefined : defaultValue));
  return ["| option | |", "|---|---|", ...rows].join("\n");
}

function row(name: string, description: string, defaultValue: unknown): string {
  const unset = defaultValue === undefined || Array.isArray(defaultValue) ? "" : ` (default: \`${defaultValue}\`)`;
  return `| \`${name}\` | ${`${description}${unset}`.replaceAll("|", "\\|")} |`;
}

/** What a command adds below its help, such as examples. */
function closing(command: Command): string[] {
  let written = "";
  const { writeOut } = command.configureOutput();
  command.configureOutput({ writeOut: (text) => (written += text) });
  command.outputHelp();
  command.configureOutput(writeOut ? { writeOut } : {});
  const own = written.replace(command.helpInformation(), "").trim();
  return own === "" ? [] : [`\`\`\`\n${own}\n\`\`\``];
}

if (import.meta.main) writePages(await commandDocs(), folder);
