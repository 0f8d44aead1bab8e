import { existsSync, mkdirSync } from "node:fs";
import { basename, delimiter, isAbsolute, join } from "node:path";
import { type Launch, type PortBinding, StartFailure } from "../driver.ts";
import { parseEnvironment, portVariables, searchPath, translatePorts } from "./environment.ts";
import { executionObstacle, inspectExecutable, isExecutable } from "./executable.ts";
import { loopbackNodeOptions } from "./loopback.ts";
import { mapArgument, resolveInRoot } from "./root.ts";

const shell = "/bin/sh";

/** What to execute on the host for a container. */
export interface HostCommand {
  executable: string;
  arguments: string[];
  workingDirectory: string;
  environment: Record<string, string>;
}

/** Where and with what variables everything of a container runs. */
export type HostSurroundings = Pick<HostCommand, "workingDirectory" | "environment">;

/** The kernel would refuse to execute it: the container starts and ends at once, with a line in its log. */
export class NotExecutable extends Error {
  override readonly name = "NotExecutable";
}

/** Where the container's copy of the image lies. */
export function rootDirectory({ directory }: Launch): string {
  return join(directory, "root");
}

/** Entry point and command, by Docker's rule: a new entry point drops the image's command. */
export function containerArguments(launch: Pick<Launch, "entryPoint" | "command" | "image">): string[] {
  const { Entrypoint = [], Cmd = [] } = launch.image.config.config ?? {};
  const entryPoint = launch.entryPoint?.length ? launch.entryPoint : undefined;
  const command = launch.command?.length ? launch.command : entryPoint ? [] : Cmd;
  return [...(entryPoint ?? Entrypoint), ...command];
}

/** Ports that `localhost` means for a container. */
function reachablePorts({ ports, neighbourPorts }: Launch): PortBinding[] {
  return [...ports, ...neighbourPorts];
}

/** Working directory and environment on the host; the image's variables come first, ports and directories last. */
export function hostSurroundings(launch: Launch): HostSurroundings {
  const { image, directory, ports } = launch;
  const reachable = reachablePorts(launch);
  const imageEnvironment = parseEnvironment(image.config.config?.Env);
  const workingDirectory = hostWorkingDirectory(launch);
  const given = Object.entries(launch.environment).map(([name, value]) => [name, translatePorts(value, reachable)]);
  // Containers have no time zone of their machine's.
  const { PATH, ...environment }: Record<string, string> = {
    TZ: "UTC",
    ...imageEnvironment,
    ...Object.fromEntries(given),
  };
  const home = join(directory, "home");
  const temporary = join(directory, "tmp");
  for (const made of [home, temporary]) mkdirSync(made, { recursive: true, mode: 0o700 });
  return {
    workingDirectory,
    environment: {
      ...environment,
      HOME: home,
      TMPDIR: temporary,
      NODE_OPTIONS: loopbackNodeOptions(directory, environment.NODE_OPTIONS),
      ...portVariables(ports, reachable),
      PATH: searchPath(image.config, rootDirectory(launch), PATH, workingDirectory),
    },
  };
}

/**
 * Finds what `argv` means on the host. Throws a StartFailure, in the runtime's words, when there is no such program, and
 * NotExecutable when there is one that can't run here.
 */
export function hostCommand(launch: Launch, argv: string[], surroundings: HostSurroundings): HostCommand {
  const root = rootDirectory(launch);
  const [program, ...rest] = argv;
  if (!program) throw cannotStart("no command specified");
  const { executable, prefix } = findProgram(program, root, surroundings);
  const translated = rest.map((argument) => mapArgument(root, translatePorts(argument, reachablePorts(launch))));
  return { ...surroundings, executable, arguments: [...prefix, ...translated] };
}

/** The program as a file of the host, with the arguments its interpreter wants before those of the command. */
function findProgram(
  program: string,
  root: string,
  { environment, workingDirectory }: HostSurroundings,
): { executable: string; prefix: string[] } {
  const directories = environment.PATH?.split(delimiter) ?? [];
  const candidates = program.includes("/")
    ? [isAbsolute(program) ? (resolveInRoot(root, program) ?? program) : join(workingDirectory, program), program]
    : directories.map((directory) => join(directory, program));
  // Every host has a shell that runs here; the image's may want another C library.
  if (program === shell) candidates.unshift(shell);
  // An image without a Node that runs here gets the one that runs drydock, also by the path of its own.
  if (basename(program) === "node") candidates.push(process.execPath);
  let obstacle: string | undefined;
  for (const candidate of candidates) {
    if (!isAbsolute(candidate) || !isExecutable(candidate)) continue;
    const format = inspectExecutable(candidate);
    const found = executionObstacle(format);
    if (found) {
      obstacle ??= found;
      continue;
    }
    if (format.format !== "script" || existsSync(format.interpreter)) return { executable: candidate, prefix: [] };
    // `#!/usr/local/bin/node`: the interpreter is the image's, so it is looked up as if it were a command.
    const interpreter = [resolveInRoot(root, format.interpreter)]
      .concat(directories.map((directory) => join(directory, basename(format.interpreter))))
      .find((file) => file && isExecutable(file) && !executionObstacle(inspectExecutable(file)));
    if (interpreter) {
      return { executable: interpreter, prefix: [...(format.argument ? [format.argument] : []), candidate] };
    }
    obstacle ??= "no such file or directory";
  }
  if (obstacle) throw new NotExecutable(`exec ${program}: ${obstacle}`);
  throw cannotStart(
    program.includes("/")
      ? `exec: "${program}": stat ${program}: no such file or directory`
      : `exec: "${program}": executable file not found in $PATH`,
  );
}

/** A working directory the image doesn't have is an empty one, made for this container. */
function hostWorkingDirectory(launch: Launch): string {
  const inImage = launch.workingDirectory || launch.image.config.config?.WorkingDir || "/";
  const resolved = resolveInRoot(rootDirectory(launch), inImage);
  if (resolved) return resolved;
  const made = join(launch.directory, "work");
  mkdirSync(made, { recursive: true, mode: 0o700 });
  return made;
}

function cannotStart(detail: string): StartFailure {
  return new StartFailure(
    "CannotStartContainerError",
    "ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime " +
      `create failed: runc create failed: unable to start container process: ${detail}: unknown`,
  );
}
