import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonSchema, jsonSchema } from "@fardel/core/config/json-schema.ts";
import { durationPattern, sizePattern } from "@fardel/core/config/units.ts";
import { docs, type Pages, writePages } from "./generated-pages.ts";

/** Writes docs/manifest.md and a page for each of its sections from the manifest's schema, so that they and `fardel schema` can't part. */
export const folder = "manifest";

const origin = "<!-- Written by `npx node scripts/manifest-docs.ts` from the schema: change that, not this page. -->";

const introduction = `# The manifest

One file describes an app: \`fardel.yaml\`, or \`fardel.config.ts\` with the same keys as its default export (an object, or a
function of the environment's name). Every command looks for it in the current directory and then in its parents.
\`fardel schema\` prints its JSON Schema, for editors.

${origin}`;

const values = `## Values

**Durations** are whole numbers with a unit: \`30s\`, \`5m\`, \`2h\`, \`7d\`. **Sizes** too: \`512MB\`, \`1GB\`; 1GB is 1024MB, as in
ECS's own documentation.

**Names** (of the app, its services, tasks, images and so on) are lower-case letters, digits and single hyphens, start with a
letter and have at most 24 characters. An app with a route has a load balancer named \`<app>-<cluster>\`, of at most 32.

**References** may stand in any text:

| reference | is |
|---|---|
| \`\${app}\`, \`\${environment}\`, \`\${region}\` | the names |
| \`\${env.NAME}\` | the environment variable \`NAME\` of whoever runs fardel; it has to be set |
| \`\${services.<name>.url}\`, \`\${services.<name>.host}\` | the address of a service with a route; in \`env\` only |
| \`\${queues.<name>.url}\` | the URL of a queue; in \`env\` only |
| \`\${release}\`, \`\${commit}\` | number and commit of the release; in \`env\` and in \`args\` of an image only |
| \`$\${\` | a literal \`\${\` |

**Secrets** are named, never written: under \`secrets:\`, each environment variable says where ECS finds its value when a task starts.

| written | is |
|---|---|
| \`databases.<name>.<field>\` | \`url\`, \`host\`, \`port\`, \`name\`, \`user\` or \`password\` of a database |
| \`stripe-key\` | the Secrets Manager secret \`/<app>/<environment>/stripe-key\` |
| \`arn:aws:secretsmanager:…\`, \`arn:aws:ssm:…:parameter/…\` | that secret or parameter |
| \`mail#password\` | one key of a secret that is JSON |
| \`"*": app-settings\` | every key of a secret that is JSON, each as a variable of its name |

**Environments** override whatever stands above them. Maps are merged key by key, everything else (lists too) is replaced, and
\`null\` removes a key. \`local\`, the embedded region, is always there.`;

export function manifestDocs(): Pages {
  const schema = jsonSchema();
  const known = new Map<string, Place>();
  const keys = keysOf(schema);
  const pages = keys.flatMap(([key, value]): [string, string][] => {
    const [inner, suffix] = mapOf(value);
    if (inner === undefined) return [];
    const at: Place = { page: `${key}.md`, path: `${key}${suffix}` };
    const text = [`# ${key}`, origin, value.description ?? "", kindNote(at), ...sections(inner, at, known), back, ""];
    return [
      [`${folder}/${key}.md`, text.filter((part, index) => part !== "" || index === text.length - 1).join("\n\n")],
    ];
  });
  const paged = new Set(pages.map(([path]) => path));
  return new Map([["manifest.md", overview(schema, (key) => paged.has(`${folder}/${key}.md`))], ...pages]);
}

const back = "[The whole manifest](../manifest.md): an example, how values are written, and all sections.";

function overview(schema: JsonSchema, isPaged: (key: string) => boolean): string {
  const reference = readFileSync(join(docs, "reference.fardel.yaml"), "utf8").trimEnd();
  return [
    introduction,
    `\`\`\`yaml\n${reference}\n\`\`\``,
    values,
    "## Sections",
    table(schema, (key) => (isPaged(key) ? `[\`${key}\`](${folder}/${key}.md)` : `\`${key}\``)),
    "",
  ].join("\n\n");
}

/** Where a map's keys are told. */
interface Place {
  /** File name. */
  page: string;
  /** Such as `services.<name>.health`. */
  path: string;
}

function kindNote({ path }: Place): string {
  return path.endsWith(".<name>") ? "A map: each name has the keys below." : "";
}

function keysOf(schema: JsonSchema): [string, JsonSchema][] {
  return Object.entries(schema.properties ?? {}).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1]));
}

function table(schema: JsonSchema, name = (key: string) => `\`${key}\``): string {
  const rows = keysOf(schema).map(([key, value]) => row(name(key), value, schema.required?.includes(key) ?? false));
  return ["| key | value | unless given | |", "|---|---|---|---|", ...rows].join("\n");
}

/** A table of the keys of a map, followed by those of the maps in it. */
function sections(schema: JsonSchema, at: Place, known: Map<string, Place>): string[] {
  const keys = table(schema);
  const heading = `## \`${at.path}\``;
  const before = known.get(keys);
  if (before !== undefined) {
    const page = before.page === at.page ? "" : before.page;
    return [heading, `As [\`${before.path}\`](${page}#${anchor(before.path)}).`];
  }
  known.set(keys, at);
  const below = keysOf(schema).flatMap(([key, value]) => {
    // What an environment may override is what stands above it.
    if (at.path === "environments.<name>" && value.anyOf !== undefined) return [];
    const [inner, suffix] = mapOf(value);
    return inner === undefined ? [] : sections(inner, { ...at, path: `${at.path}.${key}${suffix}` }, known);
  });
  return [heading, keys, ...below];
}

function row(name: string, schema: JsonSchema, required: boolean): string {
  const { description = "", default: value, examples } = schema;
  const unset = required ? "**required**" : value === undefined ? "" : code(value);
  const example =
    Array.isArray(examples) && examples.length > 0 ? ` For example ${examples.map(code).join(", ")}.` : "";
  return `| ${name} | ${kindOf(schema)} | ${unset} | ${`${description}${example}`.replaceAll("|", "\\|")} |`;
}

/** The schema of a map with fixed keys at or below this value, and how a path goes on to it. */
function mapOf(schema: JsonSchema): [inner: JsonSchema | undefined, suffix: string] {
  if (schema.properties !== undefined) return [schema, ""];
  const alternative = schema.anyOf?.find((each) => isSchema(each) && each.properties !== undefined);
  if (isSchema(alternative)) return [alternative, ""];
  const named = schema.additionalProperties;
  return isSchema(named) && named.properties !== undefined ? [named, ".<name>"] : [undefined, ""];
}

function kindOf(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) {
    return schema.anyOf
      .map((each) => (isSchema(each) ? kindOf(each) : ""))
      .filter((kind) => kind !== "nothing")
      .join(" or ");
  }
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.pattern?.includes(durationPattern.source)) return "duration";
  if (schema.pattern?.includes(sizePattern.source)) return "size";
  const types: Record<string, string> = {
    string: "text",
    boolean: "true or false",
    integer: "number",
    object: "map",
    null: "nothing",
    array: isSchema(schema.items) ? `list of ${plural(kindOf(schema.items))}` : "list",
  };
  const first = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  return types[first ?? ""] ?? first ?? "anything";
}

function plural(kind: string): string {
  return kind === "text" ? "texts" : kind.replace(/^list/, "lists");
}

function code(value: unknown): string {
  // Text that looks like a number needs its quotes in YAML too.
  const text = typeof value === "string" && !/^[\d.]+$/.test(value) ? value : JSON.stringify(value);
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^a-z0-9-]/g, "");
}

function isSchema(part: unknown): part is JsonSchema {
  return typeof part === "object" && part !== null && !Array.isArray(part);
}

if (import.meta.main) writePages(manifestDocs(), folder);
