import { FromStringShapeDeserializer, ToStringShapeSerializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import type { OperationModel } from "./model.ts";
import type { WireRequest } from "./protocol.ts";
import { matchPath } from "./rest-routing.ts";

const settings = { timestampFormat: { useTrait: true, default: 5 as const }, httpBindings: true };
const fromText = new FromStringShapeDeserializer(settings);

type Members = [name: string, member: NormalizedSchema][];

/**
 * What path, query and headers say of an operation's input; the other members are the body's, alone (`payload`) or
 * together. https://smithy.io/2.0/spec/http-bindings.html
 *
 * @throws AwsError `code` for text that isn't of its member's type
 */
export function readBindings(
  request: WireRequest,
  operation: OperationModel,
  code: string,
): { input: Record<string, unknown>; payload: Members; body: Members } {
  const input: Record<string, unknown> = {};
  const payload: Members = [];
  const body: Members = [];
  if (operation.input.isUnitSchema()) return { input, payload, body };
  const labels = matchPath(request, operation) ?? {};
  for (const [name, member] of operation.input.structIterator()) {
    const traits = member.getMergedTraits();
    const assign = (text: string | undefined) => {
      if (text !== undefined) input[name] = readText(name, member, text, code);
    };
    if (traits.httpLabel) assign(labels[name]);
    else if (traits.httpQuery && member.isListSchema()) {
      const texts = request.query.getAll(traits.httpQuery);
      if (texts.length > 0) input[name] = texts.map((text) => readText(name, member.getValueSchema(), text, code));
    } else if (traits.httpQuery) assign(request.query.get(traits.httpQuery) ?? undefined);
    else if (traits.httpHeader) assign(request.headers[traits.httpHeader.toLowerCase()]);
    else if (traits.httpPrefixHeaders) input[name] = prefixHeaders(request, traits.httpPrefixHeaders);
    else if (traits.httpPayload) payload.push([name, member]);
    else body.push([name, member]);
  }
  return { input, payload, body };
}

/** An output's status and headers, and what is left for the body. */
export function writeBindings(
  operation: OperationModel,
  output: Record<string, unknown>,
): { status: number; headers: Record<string, string>; payload: Members; body: Members } {
  const headers: Record<string, string> = {};
  const payload: Members = [];
  const body: Members = [];
  let status = operation.http?.status ?? 200;
  if (operation.output.isUnitSchema()) return { status, headers, payload, body };
  for (const [name, member] of operation.output.structIterator()) {
    const traits = member.getMergedTraits();
    const value = output[name];
    if (traits.httpPayload) payload.push([name, member]);
    else if (traits.httpHeader) {
      if (value !== undefined && value !== null) headers[traits.httpHeader.toLowerCase()] = toText(member, value);
    } else if (traits.httpPrefixHeaders) {
      for (const [key, text] of Object.entries((value ?? {}) as Record<string, string>)) {
        headers[`${traits.httpPrefixHeaders}${key}`.toLowerCase()] = text;
      }
    } else if (traits.httpResponseCode) {
      if (typeof value === "number") status = value;
    } else body.push([name, member]);
  }
  return { status, headers, payload, body };
}

function readText(name: string, member: NormalizedSchema, text: string, code: string): unknown {
  try {
    return fromText.read(member, text);
  } catch {
    throw new AwsError(code, `The value of ${name} can't be read.`);
  }
}

function prefixHeaders(request: WireRequest, prefix: string): Record<string, string> {
  const found = Object.entries(request.headers).filter(([name]) => name.startsWith(prefix.toLowerCase()));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value ?? ""]));
}

function toText(member: NormalizedSchema, value: unknown): string {
  const serializer = new ToStringShapeSerializer(settings);
  serializer.write(member, value);
  return serializer.flush();
}
