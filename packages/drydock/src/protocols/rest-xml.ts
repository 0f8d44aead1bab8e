import type { Readable } from "node:stream";
import { FromStringShapeDeserializer, ToStringShapeSerializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import { describeError, type Protocol, readText, type WireRequest, type WireResponse } from "./protocol.ts";
import { matchPath, routeRest } from "./rest-routing.ts";
import { element, escapeText, readXml, structureContent, xmlDocument } from "./xml.ts";

const settings = { timestampFormat: { useTrait: true, default: 5 as const }, httpBindings: true };
const fromText = new FromStringShapeDeserializer(settings);
const xmlHeaders = { "content-type": "application/xml" };

/** https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html, as S3 speaks it. */
export const restXml: Protocol = {
  async route(request, model) {
    return routeRest(request, model);
  },

  async parse(request, operation) {
    const input: Record<string, unknown> = {};
    const labels = matchPath(request, operation) ?? {};
    const unbound: string[] = [];
    for (const [name, member] of operation.input.structIterator()) {
      const traits = member.getMergedTraits();
      if (traits.httpLabel) assign(input, name, member, labels[name]);
      else if (traits.httpQuery) assign(input, name, member, request.query.get(traits.httpQuery) ?? undefined);
      else if (traits.httpHeader) assign(input, name, member, request.headers[traits.httpHeader.toLowerCase()]);
      else if (traits.httpPrefixHeaders) input[name] = prefixHeaders(request, traits.httpPrefixHeaders);
      else if (traits.httpPayload) input[name] = await readPayload(request, member);
      else unbound.push(name);
    }
    if (unbound.length > 0 && !hasPayload(operation.input)) {
      const text = readText(await request.body(), "MalformedXML");
      if (text) Object.assign(input, await parseXml(operation.input, text));
    }
    return input;
  },

  result(operation, output, model): WireResponse {
    const headers: Record<string, string> = {};
    let status = operation.http?.status ?? 200;
    let body: WireResponse["body"] | undefined;
    const document: Record<string, unknown> = {};
    let hasDocument = false;
    if (!operation.output.isUnitSchema()) {
      for (const [name, member] of operation.output.structIterator()) {
        const traits = member.getMergedTraits();
        const value = output[name];
        if (traits.httpPayload) {
          body = writePayload(member, value, headers, model.xmlNamespace);
        } else if (traits.httpHeader) {
          if (value !== undefined && value !== null) headers[traits.httpHeader.toLowerCase()] = toText(member, value);
        } else if (traits.httpPrefixHeaders) {
          for (const [key, text] of Object.entries((value ?? {}) as Record<string, string>)) {
            headers[`${traits.httpPrefixHeaders}${key}`.toLowerCase()] = text;
          }
        } else if (traits.httpResponseCode) {
          if (typeof value === "number") status = value;
        } else {
          hasDocument = true;
          document[name] = value;
        }
      }
    }
    // Part of an object is 206 (RFC 9110 section 15.3.7); the schemas name one status for both.
    if (headers["content-range"] !== undefined) status = 206;
    if (body === undefined && hasDocument) {
      const name =
        operation.output.getMergedTraits().xmlName ?? operation.output.getName() ?? `${operation.name}Result`;
      headers["content-type"] = "application/xml";
      body = xmlDocument(name, structureContent(operation.output, document), model.xmlNamespace);
    }
    return { status, headers, body: body ?? "" };
  },

  error(error, model, requestId) {
    const { queryCode, status } = describeError(error, model);
    const members = Object.entries(error.members).map(([name, value]) => element(name, escapeText(String(value))));
    const content =
      element("Code", queryCode) +
      element("Message", escapeText(error.message)) +
      members.join("") +
      element("RequestId", requestId);
    return { status, headers: xmlHeaders, body: xmlDocument("Error", content) };
  },
};

function assign(
  input: Record<string, unknown>,
  name: string,
  member: NormalizedSchema,
  text: string | undefined,
): void {
  if (text === undefined) return;
  try {
    input[name] = fromText.read(member, text);
  } catch {
    throw new AwsError("InvalidArgument", `The value of ${name} can't be read.`);
  }
}

function prefixHeaders(request: WireRequest, prefix: string): Record<string, string> {
  const found = Object.entries(request.headers).filter(([name]) => name.startsWith(prefix.toLowerCase()));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value ?? ""]));
}

async function readPayload(request: WireRequest, member: NormalizedSchema): Promise<unknown> {
  if (member.isStreaming()) return request.stream();
  const bytes = await request.body();
  if (member.isBlobSchema()) return bytes;
  if (bytes.length === 0) return undefined;
  const text = readText(bytes, "MalformedXML");
  return member.isStructSchema() ? parseXml(member, text) : text;
}

async function parseXml(schema: NormalizedSchema, text: string): Promise<Record<string, unknown>> {
  try {
    return await readXml(schema, text);
  } catch {
    throw new AwsError(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  }
}

function writePayload(
  member: NormalizedSchema,
  value: unknown,
  headers: Record<string, string>,
  namespace: string,
): WireResponse["body"] {
  if (value === undefined || value === null) return "";
  if (!member.isStructSchema()) return value as string | Uint8Array | Readable;
  headers["content-type"] = "application/xml";
  const name = member.getMergedTraits().xmlName ?? member.getName() ?? "";
  return xmlDocument(name, structureContent(member, value as Record<string, unknown>), namespace);
}

function toText(member: NormalizedSchema, value: unknown): string {
  const serializer = new ToStringShapeSerializer(settings);
  serializer.write(member, value);
  return serializer.flush();
}

function hasPayload(schema: NormalizedSchema): boolean {
  return [...schema.structIterator()].some(([, member]) => member.getMergedTraits().httpPayload);
}
