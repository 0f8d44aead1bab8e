import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type Scalar } from "yaml";
import { validationError } from "../errors.ts";

/**
 * Reads a template body, JSON or YAML, into plain values. YAML's short forms (`!Ref X`, `!GetAtt A.B`) come out as the
 * long ones, so nothing after this knows them.
 * @throws ValidationError "Template format error: … not well-formed. (line …, column …)"
 */
export function readDocument(body: string): unknown {
  const document = body.trimStart().startsWith("{") ? readJson(body) : readYaml(body);
  refuseDeep(document);
  return document;
}

/** Far beyond any template; what looks at one calls itself for each level, and must not run out of stack. */
const deepest = 500;

function refuseDeep(document: unknown): void {
  let level = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) throw validationError(`Template format error: nested more than ${deepest} levels deep.`);
    level = level.flatMap((value) => (typeof value === "object" && value !== null ? Object.values(value) : []));
  }
}

function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const place = /position (\d+)/.exec(String(error));
    const before = body.slice(0, place ? Number(place[1]) : body.length).split("\n");
    throw validationError(
      `Template format error: JSON not well-formed. (line ${before.length}, column ${(before.at(-1) ?? "").length + 1})`,
    );
  }
}

function readYaml(body: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(body, {
    // Every scalar is text at first: what YAML makes of `0644`, `22:22` or `1.10` differs from version to version.
    schema: "failsafe",
    lineCounter: lines,
    logLevel: "silent",
  });
  const problem = document.errors[0];
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw validationError(`Template format error: YAML not well-formed. (line ${line}, column ${col})`);
  }
  return plain(document.contents as Node | null);
}

function plain(node: Node | null): unknown {
  if (node === null) return null;
  // "The following YAML features aren't supported: … Aliases, Hash merges":
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
  if (isAlias(node))
    throw validationError("Template format error: YAML aliases are not allowed in CloudFormation templates");
  const value = isMap(node)
    ? Object.fromEntries(
        node.items.map(({ key, value }) => [
          isScalar(key) ? (key.source ?? String(key.value)) : String(plain(key as Node)),
          plain(value as Node | null),
        ]),
      )
    : isSeq(node)
      ? node.items.map((item) => plain(item as Node))
      : isScalar(node)
        ? scalarValue(node)
        : null;
  return node.tag?.startsWith("!") ? longForm(node.tag.slice(1), value) : value;
}

/** A plain scalar is null, a boolean as in YAML 1.1, a number that is written as numbers are, or else its text. */
function scalarValue({ value, type }: Scalar): unknown {
  const text = String(value);
  if (type !== "PLAIN") return text;
  if (/^(|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(true|yes|on)$/i.test(text)) return true;
  if (/^(false|no|off)$/i.test(text)) return false;
  return /^-?[\d.]+$/.test(text) && String(Number(text)) === text ? Number(text) : text;
}

const shortFunctions = new Set(
  "And Base64 Cidr Equals FindInMap GetAtt GetAZs If ImportValue Join Length Not Or Select Split Sub ToJsonString Transform".split(
    " ",
  ),
);

function longForm(name: string, argument: unknown): unknown {
  if (name === "Ref" || name === "Condition") return { [name]: argument };
  if (!shortFunctions.has(name))
    throw validationError(`Template format error: YAML not well-formed. Unknown tag !${name}`);
  // `!GetAtt Logical.Attribute.Name`: the logical id ends at the first dot.
  if (name === "GetAtt" && typeof argument === "string") {
    const dot = argument.indexOf(".");
    return { "Fn::GetAtt": dot < 0 ? [argument] : [argument.slice(0, dot), argument.slice(dot + 1)] };
  }
  return { [`Fn::${name}`]: argument };
}
