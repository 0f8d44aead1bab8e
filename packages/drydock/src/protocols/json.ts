import { JsonCodec2, JsonShapeDeserializer } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";
import { describeError, type Protocol, readText } from "./protocol.ts";

const settings = { timestampFormat: { useTrait: true, default: 7 as const }, jsonName: false };
const reader = new JsonShapeDeserializer(settings);
const codec = new JsonCodec2(settings);

/** AWS JSON 1.0 and 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html */
export function awsJson(version: "1.0" | "1.1"): Protocol {
  const headers = { "content-type": `application/x-amz-json-${version}` };
  return {
    async route(request, model) {
      const target = request.headers["x-amz-target"];
      return model.operations.get(target?.slice(target.lastIndexOf(".") + 1) ?? "");
    },

    async parse(request, operation) {
      const text = readText(await request.body(), "SerializationException");
      if (operation.input.isUnitSchema()) return {};
      return readJson(text, operation.input, reader);
    },

    result(operation, output) {
      if (operation.output.isUnitSchema()) return { status: 200, headers, body: "{}" };
      const serializer = codec.createSerializer();
      serializer.write(operation.output, output);
      return { status: 200, headers, body: serializer.flush() };
    },

    error(error, model) {
      const { name, queryCode, status, fault } = describeError(error, model);
      const body = JSON.stringify({ __type: name, message: error.message, ...error.members });
      // https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
      const compatible = model.queryCompatible && { "x-amzn-query-error": `${queryCode};${fault}` };
      return { status, headers: { ...headers, "x-amzn-errortype": name, ...compatible }, body };
    },
  };
}

/**
 * A JSON document as the structure `schema` describes.
 * @throws AwsError SerializationException
 */
export function readJson(
  text: string,
  schema: NormalizedSchema,
  deserializer: JsonShapeDeserializer,
): Record<string, unknown> {
  let document: ReturnType<typeof JSON.parse>;
  try {
    document = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw new AwsError("SerializationException", "The request body is not valid JSON.");
  }
  if (document === null || typeof document !== "object" || Array.isArray(document)) {
    throw new AwsError("SerializationException", "Start of structure or map found where not expected.");
  }
  try {
    return deserializer.readObject(schema, document) as Record<string, unknown>;
  } catch (error) {
    const why = error instanceof RangeError ? "it nests too deep" : (error as Error).message;
    throw new AwsError("SerializationException", `The request can't be read: ${why}`);
  }
}
