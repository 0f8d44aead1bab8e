import { XmlShapeDeserializer, XmlShapeSerializer } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";

const settings = {
  timestampFormat: { useTrait: true, default: 5 as const },
  httpBindings: true,
  xmlNamespace: "",
  serviceNamespace: "",
};
const reader = new XmlShapeDeserializer(settings);

/** A structure by its schema, without the element around it. */
export function structureContent(schema: NormalizedSchema, value: Record<string, unknown>): string {
  const serializer = new XmlShapeSerializer(settings);
  serializer.write(schema, value);
  const text = String(serializer.flush());
  // The serializer names the outer element after the shape; each protocol has its own name for it.
  const start = text.indexOf(">") + 1;
  const end = text.lastIndexOf("</");
  return end < start ? "" : text.slice(start, end);
}

/** `content` is XML already. */
export function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

export function xmlDocument(name: string, content: string, namespace = ""): string {
  const attribute = namespace ? ` xmlns="${namespace}"` : "";
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attribute}>${content}</${name}>`;
}

export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Reads an XML document as the structure `schema` describes. */
export async function readXml(schema: NormalizedSchema, text: string): Promise<Record<string, unknown>> {
  return (await reader.read(schema, Buffer.from(text))) as Record<string, unknown>;
}
