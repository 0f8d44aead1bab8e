import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue, type ServiceCatalogue } from "@fardel/drydock/catalogue.ts";

/** Writes docs/drydock.md: every operation of every service as handled, with the tests that call it, or refused. */
const root = join(import.meta.dirname, "..");
export const drydockPage = join(root, "docs", "drydock.md");

const introduction = `# What the embedded region does

drydock answers the AWS operations below; any other is refused with \`NotImplemented\`, or, for a service that isn't listed,
\`UnsupportedService\`, and never with a made-up success. An operation counts as handled when a test calls it: the suite under
\`test/conformance\` puts the same calls to drydock and to moto, and where these differ it says what AWS's documentation says.

<!-- Written by \`npx node scripts/drydock-docs.ts\` from the handlers, the SDK's schemas and the tests: change those, not this page. -->`;

export interface TestedService extends ServiceCatalogue {
  /** The test files that call each handled operation. */
  tests: Map<string, string[]>;
}

export async function testedServices(): Promise<TestedService[]> {
  return (await catalogue()).map((service) => ({ ...service, tests: findTests(service) }));
}

/** A call by an SDK command, or by the method of a client or of `region.call`. */
function findTests({ name, handled }: ServiceCatalogue): Map<string, string[]> {
  const own = globSync(
    [`test/conformance/${name}{,-*}.test.ts`, `packages/drydock/src/services/${name}/**/*.test.ts`],
    {
      cwd: root,
    },
  );
  const sources = own.sort().map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));
  return new Map(
    handled.map((operation) => {
      const method = operation.charAt(0).toLowerCase() + operation.slice(1);
      const call = new RegExp(`\\b(?:${operation}Command|(?<=\\.)${operation}|(?<=\\.)${method})\\b\\s*\\(`);
      return [operation, sources.filter(({ text }) => call.test(text)).map(({ file }) => file)];
    }),
  );
}

export function drydockDocs(services: TestedService[]): string {
  const summary = services.map(
    ({ name, handled, refused }) => `| [${name}](#${name}) | ${handled.length} | ${refused.length} |`,
  );
  return [
    introduction,
    ["| service | handled | refused |", "|---|---|---|", ...summary].join("\n"),
    ...services.map(section),
    "",
  ].join("\n\n");
}

function section({ name, handled, refused, tests }: TestedService): string {
  const rows = handled.map((operation) => {
    const links = (tests.get(operation) ?? []).map((file) => `[${file.split("/").at(-1)}](../${file})`);
    return `| ${operation} | ${links.join(", ")} |`;
  });
  const listed = refused.length > 0 ? `\n\nRefused: ${refused.join(", ")}.` : "";
  return [`## ${name}`, "", "| handled | tested by |", "|---|---|", ...rows].join("\n") + listed;
}

if (import.meta.main) writeFileSync(drydockPage, drydockDocs(await testedServices()));
