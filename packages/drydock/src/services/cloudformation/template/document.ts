import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
} from "yaml";
import { validationError } from "../errors.ts";

/**
 * Reads a template body, JSON or YAML, into plain values. YAML's short forms (`!Ref X`, `!GetAtt A.B`) come out as the
 * long ones, so nothing after this knows them.
 * @throws ValidationError "Template format error: … not well-formed. (line …, column …)"
 */
export function readDocument(body: string): unknown {
  return body.trimStart().startsWith("{") ? readJson(body) : readYaml(body);
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
  return document.contents === null ? null : plain(document.contents as Node, document);
}

function plain(node: Node | null, document: Document): unknown {
  if (node === null) return null;
  if (isAlias(node)) return plain((node.resolve(document as Document.Parsed) ?? null) as Node | null, document);
  const value = isMap(node)
    ? Object.fromEntries(
        node.items.map(({ key, value }) => [
          isScalar(key) ? (key.source ?? String(key.value)) : String(plain(key as Node, document)),
          plain(value as Node | null, document),
        ]),
      )
    : isSeq(node)
      ? node.items.map((item) => plain(item as Node, document))
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
