import { readFileSync } from "node:fs";
import { FardelError } from "@fardel/core/errors.ts";
import { Command } from "commander";
import type { CommandDefinition } from "./command.ts";

interface CommandEntry {
  name: string;
  summary: string;
  /** Loaded when the name is typed, so that `--help` and `--version` answer at once. */
  load?: () => Promise<CommandDefinition>;
  subcommands?: CommandEntry[];
}

const commands: CommandEntry[] = [
  {
    name: "up",
    summary: "bring an environment to what fardel.yaml says",
    load: async () => (await import("./commands/up.ts")).up,
  },
  {
    name: "deploy",
    summary: "release new images and configuration",
    load: async () => (await import("./commands/deploy.ts")).deploy,
  },
  { name: "plan", summary: "show what `up` would change", load: async () => (await import("./commands/plan.ts")).plan },
  { name: "status", summary: "show what runs", load: async () => (await import("./commands/status.ts")).status },
  {
    name: "history",
    summary: "list releases, or show where one's time went",
    load: async () => (await import("./commands/history.ts")).history,
  },
  {
    name: "events",
    summary: "print what ECS and CloudFormation tell",
    load: async () => (await import("./commands/events.ts")).events,
  },
  {
    name: "logs",
    summary: "print what services and tasks have written",
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "promote",
    summary: "release to an environment what another one runs",
    load: async () => (await import("./commands/promote.ts")).promote,
  },
  {
    name: "rollback",
    summary: "go back to an earlier release",
    load: async () => (await import("./commands/rollback.ts")).rollback,
  },
  {
    name: "approve",
    summary: "let a release go on that waits for it",
    load: async () => (await import("./commands/approve.ts")).approve,
  },
  {
    name: "reject",
    summary: "send back a release that waits",
    load: async () => (await import("./commands/reject.ts")).reject,
  },
  {
    name: "run",
    summary: "run a task, or a command in a service's image",
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "images",
    summary: "build, push, list and measure images",
    subcommands: [
      {
        name: "build",
        summary: "build images without pushing them",
        load: async () => (await import("./commands/images/build.ts")).build,
      },
      {
        name: "push",
        summary: "build images and push them",
        load: async () => (await import("./commands/images/push.ts")).push,
      },
      {
        name: "list",
        summary: "show tags, sizes, and which release runs what",
        load: async () => (await import("./commands/images/list.ts")).list,
      },
      {
        name: "size",
        summary: "show what makes images big",
        load: async () => (await import("./commands/images/size.ts")).size,
      },
    ],
  },
  {
    name: "redeploy",
    summary: "start services anew, as they are",
    load: async () => (await import("./commands/redeploy.ts")).redeploy,
  },
  {
    name: "scale",
    summary: "change how many tasks a service keeps",
    load: async () => (await import("./commands/scale.ts")).scale,
  },
  { name: "down", summary: "take an environment away", load: async () => (await import("./commands/down.ts")).down },
  {
    name: "doctor",
    summary: "check what fardel needs on this machine",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "schema",
    summary: "print the JSON Schema of fardel.yaml",
    load: async () => (await import("./commands/schema.ts")).schema,
  },
  {
    name: "local",
    summary: "the embedded AWS region on this machine",
    subcommands: [
      { name: "start", summary: "start it", load: async () => (await import("./commands/local/start.ts")).start },
      {
        name: "stop",
        summary: "stop it and all it runs; its state stays",
        load: async () => (await import("./commands/local/stop.ts")).stop,
      },
      {
        name: "status",
        summary: "show whether and where it runs",
        load: async () => (await import("./commands/local/status.ts")).status,
      },
      {
        name: "env",
        summary: "print shell exports for AWS tools",
        load: async () => (await import("./commands/local/env.ts")).env,
      },
      {
        name: "reset",
        summary: "stop it and remove all its state",
        load: async () => (await import("./commands/local/reset.ts")).reset,
      },
      {
        name: "state",
        summary: "show what runs in it, and where",
        load: async () => (await import("./commands/local/state.ts")).state,
      },
      {
        name: "fault",
        summary: "make calls fail, tasks crash and zones go, to see what a release does then",
        subcommands: [
          {
            name: "add",
            summary: "make something go wrong",
            load: async () => (await import("./commands/local/fault/add.ts")).add,
          },
          {
            name: "list",
            summary: "show the faults in force and what they have struck",
            load: async () => (await import("./commands/local/fault/list.ts")).list,
          },
          {
            name: "remove",
            summary: "take one fault away",
            load: async () => (await import("./commands/local/fault/remove.ts")).remove,
          },
          {
            name: "clear",
            summary: "take all faults away",
            load: async () => (await import("./commands/local/fault/clear.ts")).clear,
          },
        ],
      },
    ],
  },
];

/** Named in the documentation, and not there yet. */
const later = ["ci", "db", "exec", "export", "import", "infra", "init", "secrets"];

interface GlobalOptions {
  json?: true;
  yes?: true;
  verbose?: true;
  directory: string;
}

type Invoke = (definition: CommandDefinition, typed: unknown[], options: GlobalOptions) => Promise<void>;

/** The command line as commander knows it. `argv` says which commands' own arguments have to be known. */
export async function createProgram(argv: readonly string[], invoke: Invoke): Promise<Command> {
  const program = globalOptions(new Command("fardel"))
    .description("Ship container apps to AWS ECS Fargate from one file, and run the same release on this machine.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help of a command")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText(
      "after",
      "\nWithout an environment's name, commands work on `local`: this machine, no account needed.",
    );
  for (const entry of commands) await addCommand(program, entry, argv, invoke);
  for (const name of later) addLater(program, name);
  return program;
}

function globalOptions(program: Command): Command {
  return program
    .option("--json", "one JSON object per line: events, then the result")
    .option("-y, --yes", "answer every question with yes")
    .option("--verbose", "show where in fardel an error came from")
    .option("-C, --directory <path>", "directory of fardel.yaml, or one below it", ".");
}

async function addCommand(parent: Command, entry: CommandEntry, argv: readonly string[], invoke: Invoke) {
  const command = parent
    .command(entry.name)
    .summary(entry.summary)
    .description(`${sentence(entry.summary)}`);
  if (entry.subcommands) {
    for (const each of entry.subcommands) await addCommand(command, each, argv, invoke);
  }
  // A word that only looks like the command costs the loading of a file.
  if (entry.load === undefined || !argv.includes(entry.name)) return;
  const definition = await entry.load();
  definition.usage(command).action((...typed) => {
    // Commander gives arguments, options, and the command itself.
    const self = typed.pop() as Command;
    return invoke(definition, typed, self.optsWithGlobals<GlobalOptions>());
  });
}

function addLater(program: Command, name: string): void {
  program
    .command(name, { hidden: true })
    .argument("[anything...]")
    .allowUnknownOption()
    .action(() => {
      throw new FardelError("CommandLater", `\`fardel ${name}\` comes with a later version.`, {
        fix: "`fardel --help` lists what this version can do.",
        exitCode: 2,
      });
    });
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
