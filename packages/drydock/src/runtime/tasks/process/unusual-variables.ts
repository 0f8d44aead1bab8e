import type { SupervisedCommand } from "./supervisor.ts";

const carrier = "DRYDOCK_VARIABLES";
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const launcher = `
const { ${carrier}: carried, ...environment } = process.env;
const [executable, ...rest] = process.argv.slice(1);
process.execve(executable, [executable, ...rest], { ...environment, ...JSON.parse(carried) });
`;

/**
 * The supervisor is a shell, and some shells (dash) drop variables whose names aren't identifiers: `spring.datasource.url`.
 * A command that has such a variable is started by a Node that puts them back and then becomes the command.
 * Throws where Node can't do that (before 22.15).
 */
export function keepUnusualVariables(command: SupervisedCommand): SupervisedCommand {
  const entries = Object.entries(command.environment);
  const unusual = entries.filter(([name]) => !shellName.test(name));
  if (unusual.length === 0) return command;
  if (typeof process.execve !== "function") {
    const names = unusual.map(([name]) => name).join(", ");
    throw new Error(`environment variables whose names aren't identifiers need Node 22.15 or newer: ${names}`);
  }
  return {
    ...command,
    executable: process.execPath,
    arguments: ["--no-warnings", "-e", launcher, "--", command.executable, ...command.arguments],
    environment: {
      ...Object.fromEntries(entries.filter(([name]) => shellName.test(name))),
      [carrier]: JSON.stringify(Object.fromEntries(unusual)),
    },
  };
}
