import fc from "fast-check";
import {
  type OperationModel,
  readServiceModel,
  type ServiceModel,
} from "../../packages/drydock/src/protocols/model.ts";
import { services } from "../../packages/drydock/src/services/index.ts";

type Schema = OperationModel["input"];

const text = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "default",
    "/a",
    "__proto__",
    "constructor",
    "../..",
    "\0",
    "\u{1f4a5}",
    "*",
    "%",
    "%zz",
    "(",
  ),
  fc.constantFrom("{}", "[]", "null", '{"a":', "[".repeat(5_000), "-1", "1e400", "10.0.0.0/8", "10.0.0.0/99"),
  fc.constantFrom(
    "arn:aws:x",
    "arn:aws:ecs:eu-west-1:000000000000:cluster/a",
    "rate(0 minutes)",
    "cron(x)",
    "2020-01-01",
  ),
  fc.string({ maxLength: 20, unit: "binary" }),
);
const number = fc.constantFrom(0, 1, -1, 1.5, 80, 65_536, 2 ** 31, 1e15, -1e15, 2 ** 53 + 2);

/** Values of the right types, and of contents that no client sends. */
function anyValue(schema: Schema, depth: number): fc.Arbitrary<unknown> {
  if (depth > 4 || schema.isStringSchema()) return text;
  if (schema.isBooleanSchema()) return fc.boolean();
  if (schema.isNumericSchema()) return number;
  if (schema.isTimestampSchema()) return fc.constantFrom(0, -1, 1e12, 1e15, 1.5);
  if (schema.isListSchema()) return fc.array(anyValue(schema.getValueSchema(), depth + 1), { maxLength: 3 });
  if (schema.isMapSchema()) return fc.dictionary(text, anyValue(schema.getValueSchema(), depth + 1), { maxKeys: 3 });
  return schema.isStructSchema() ? structureOf(schema, depth + 1) : text;
}

function structureOf(schema: Schema, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  if (schema.isUnitSchema()) return fc.constant({});
  const members = [...schema.structIterator()].map(([name, member]) => [name, anyValue(member, depth)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: [] });
}

export interface Failure {
  operation: string;
  status: number;
  answer: string;
  input: string;
}

/**
 * Calls every operation that drydock handles with `count` inputs each, apart from S3's, whose inputs are paths and headers.
 * @returns how many calls were made, and those that ended in what only drydock itself can be blamed for.
 */
export async function callWithAnything(
  endpoint: string,
  count: number,
): Promise<{ calls: number; failures: Failure[] }> {
  const failures: Failure[] = [];
  let calls = 0;
  for (const [service, load] of Object.entries(services)) {
    const model = readServiceModel((await (await load()).load()) as object);
    if (model.protocol === "restXml") continue;
    for (const operation of model.operations.values()) {
      for (const input of fc.sample(structureOf(operation.input), { numRuns: count })) {
        const response = await call(endpoint, service, model, operation, input);
        const answer = await response.text();
        // Not handled at all: nothing about its input is looked at.
        if (response.status === 501) break;
        calls++;
        if (response.status < 500 && !/\.ts:\d|\n\s+at /.test(answer)) continue;
        const short = JSON.stringify(input).slice(0, 500);
        failures.push({ operation: `${service}:${operation.name}`, status: response.status, answer, input: short });
      }
    }
  }
  return { calls, failures };
}

function call(endpoint: string, service: string, model: ServiceModel, operation: OperationModel, input: object) {
  const scope = `AKIA/20260101/eu-west-1/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`;
  // Whatever takes longer than this hangs.
  const signal = AbortSignal.timeout(20_000);
  if (model.protocol.startsWith("awsJson")) {
    const headers = { authorization, "x-amz-target": `Target.${operation.name}` };
    return fetch(endpoint, { method: "POST", headers, body: JSON.stringify(input), signal });
  }
  if (model.protocol === "restJson1") {
    const [url, rest] = restUrl(endpoint, operation, input as Record<string, unknown>);
    const method = operation.http?.method ?? "POST";
    const body = method === "GET" || method === "DELETE" ? null : JSON.stringify(rest);
    return fetch(url, { method, headers: { authorization, "content-type": "application/json" }, body, signal });
  }
  const list = model.protocol === "ec2Query" ? "" : ".member";
  const form = new URLSearchParams([["Action", operation.name], ...formEntries(input, "", list)]);
  return fetch(endpoint, { method: "POST", headers: { authorization }, body: form, signal });
}

/** An input's labels and query members as a URL, and what is left for the body. */
function restUrl(endpoint: string, { http, input: schema }: OperationModel, input: Record<string, unknown>) {
  const rest = { ...input };
  // An empty label would lead to another operation.
  const label = (name: string) => encodeURIComponent(String(input[name] || "none"));
  const path = (http?.uri ?? "/").replace(/\{(\w+)\}/g, (_all, name: string) => label(name));
  const url = new URL(endpoint + path);
  for (const [name, member] of schema.structIterator()) {
    const { httpLabel, httpQuery } = member.getMergedTraits();
    if (httpQuery) for (const value of [input[name] ?? []].flat()) url.searchParams.append(httpQuery, String(value));
    if (httpLabel || httpQuery) delete rest[name];
  }
  return [url, rest] as const;
}

function formEntries(value: unknown, path: string, list: string): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item, at) => formEntries(item, `${path}${list}.${at + 1}`, list));
  if (typeof value !== "object" || value === null) return value === undefined ? [] : [[path, String(value)]];
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  return Object.entries(value).flatMap(([name, item]) => formEntries(item, below(name), list));
}
