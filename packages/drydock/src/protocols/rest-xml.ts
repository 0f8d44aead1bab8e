import type { Readable } from "node:stream";
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import { describeError, type Protocol, readText, type WireRequest, type WireResponse } from "./protocol.ts";
import { readBindings, writeBindings } from "./rest-bindings.ts";
import { routeRest } from "./rest-routing.ts";
import { element, escapeText, readXml, structureContent, xmlDocument } from "./xml.ts";

const xmlHeaders = { "content-type": "application/xml" };

/** https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html, as S3 speaks it. */
export const restXml: Protocol = {
  async route(request, model) {
    return routeRest(request, model);
  },

  async parse(request, operation) {
    const { input, payload, body } = readBindings(request, operation, "InvalidArgument");
    for (const [name, member] of payload) input[name] = await readPayload(request, member);
    if (body.length > 0 && payload.length === 0) {
      const text = readText(await request.body(), "MalformedXML");
      if (text) Object.assign(input, await parseXml(operation.input, text));
    }
    return input;
  },

  result(operation, output, model): WireResponse {
    const bindings = writeBindings(operation, output);
    const { headers } = bindings;
    let { status } = bindings;
    let body: WireResponse["body"] | undefined;
    for (const [name, member] of bindings.payload) {
      body = writePayload(member, output[name], headers, model.xmlNamespace);
    }
    // Part of an object is 206 (RFC 9110 section 15.3.7); the schemas name one status for both.
    if (headers["content-range"] !== undefined) status = 206;
    if (body === undefined && bindings.body.length > 0) {
      const document = Object.fromEntries(bindings.body.map(([name]) => [name, output[name]]));
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
