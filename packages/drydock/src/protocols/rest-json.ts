import { JsonCodec2, JsonShapeDeserializer } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { readJson } from "./json.ts";
import { describeError, type Protocol, readText, type WireRequest, type WireResponse } from "./protocol.ts";
import { readBindings, writeBindings } from "./rest-bindings.ts";
import { routeRest } from "./rest-routing.ts";

const settings = { timestampFormat: { useTrait: true, default: 7 as const }, jsonName: true };
const reader = new JsonShapeDeserializer(settings);
const codec = new JsonCodec2(settings);
const json = { "content-type": "application/json" };

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export const restJson: Protocol = {
  async route(request, model) {
    return routeRest(request, model);
  },

  async parse(request, operation) {
    const { input, payload, body } = readBindings(request, operation, "SerializationException");
    for (const [name, member] of payload) input[name] = await readPayload(request, member);
    if (body.length === 0 || payload.length > 0) return input;
    const text = readText(await request.body(), "SerializationException");
    // The body can't say what the path says.
    return { ...readJson(text, operation.input, reader), ...input };
  },

  result(operation, output): WireResponse {
    const { status, headers, payload, body } = writeBindings(operation, output);
    for (const [name, member] of payload) {
      const value = output[name];
      if (!member.isStructSchema()) return { status, headers, body: (value ?? "") as WireResponse["body"] };
      return { status, headers: { ...json, ...headers }, body: toJson(member, value ?? {}) };
    }
    const document = Object.fromEntries(body.map(([name]) => [name, output[name]]));
    const text = operation.output.isUnitSchema() ? "{}" : toJson(operation.output, document);
    return { status, headers: { ...json, ...headers }, body: text };
  },

  error(error, model) {
    const { name, status } = describeError(error, model);
    // Services of this protocol differ in how they write it.
    const capital = model.errors.get(name)?.schema.getMemberSchemas().Message !== undefined;
    const body = JSON.stringify({ [capital ? "Message" : "message"]: error.message, ...error.members });
    return { status, headers: { ...json, "x-amzn-errortype": name }, body };
  },
};

async function readPayload(request: WireRequest, member: NormalizedSchema): Promise<unknown> {
  if (member.isStreaming()) return request.stream();
  const bytes = await request.body();
  if (member.isBlobSchema()) return bytes;
  const text = readText(bytes, "SerializationException");
  if (text === "") return undefined;
  return member.isStructSchema() ? readJson(text, member, reader) : text;
}

function toJson(schema: NormalizedSchema, value: unknown): string | Uint8Array {
  const serializer = codec.createSerializer();
  serializer.write(schema, value);
  return serializer.flush();
}
