import { createHash } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import { invalidParameter } from "./errors.ts";

export type MessageAttributes = Record<string, MessageAttributeValue>;

const transportString = 1;
const transportBinary = 2;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
export function checkMessageAttributes(attributes: MessageAttributes): void {
  const names = Object.keys(attributes);
  if (names.length > 10) {
    throw invalidParameter(
      "MessageAttributes",
      names.length,
      "Number of message attributes exceeds the allowed maximum of 10.",
    );
  }
  for (const [name, value] of Object.entries(attributes)) checkAttribute(name, value);
}

function checkAttribute(name: string, { DataType = "", StringValue, BinaryValue }: MessageAttributeValue): void {
  const wrong = (reason: string) => invalidParameter("MessageAttributeName", name, reason);
  const wellFormed = /^[A-Za-z0-9_-](?:[\w.-]*[A-Za-z0-9_-])?$/.test(name) && !name.includes("..");
  if (!wellFormed || name.length > 256 || /^(?:aws|amazon)\./i.test(name)) {
    throw wrong(
      "A message attribute name can contain alphanumeric characters, underscores, hyphens and inner periods.",
    );
  }
  const type = DataType.split(".")[0];
  if (type !== "String" && type !== "Number" && type !== "Binary") {
    throw wrong(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const value = type === "Binary" ? BinaryValue : StringValue;
  if (value === undefined || value.length === 0) {
    const field = type === "Binary" ? "binary" : "string";
    throw wrong(
      `The message attribute '${name}' must contain a non-empty message attribute value for message attribute type (${field}).`,
    );
  }
  if (type === "Number" && !isNumber(String(value))) {
    throw wrong(`Can't cast the value of message attribute '${name}' to a number.`);
  }
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/** What they add to a message's size: names, types and values. */
export function attributesSize(attributes: MessageAttributes): number {
  return Object.entries(attributes).reduce(
    (size, [name, { DataType = "", StringValue = "", BinaryValue }]) =>
      size + Buffer.byteLength(name + DataType + StringValue) + (BinaryValue?.length ?? 0),
    0,
  );
}

/**
 * MD5 over name, type and value of each, by name: what SDKs check.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function attributesMd5(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash("md5");
  const add = (bytes: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType = "", StringValue = "", BinaryValue } = attributes[name] ?? {};
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    hash.update(Buffer.of(BinaryValue ? transportBinary : transportString));
    add(BinaryValue ?? Buffer.from(StringValue));
  }
  return hash.digest("hex");
}

/** Those whose names were asked for: `All`, `.*`, `bar.*` for a prefix, or a name. */
export function selectAttributes(attributes: MessageAttributes, wanted: string[]): MessageAttributes {
  const matches = (name: string) =>
    wanted.some((pattern) =>
      pattern === "All" || pattern === ".*"
        ? true
        : pattern.endsWith(".*")
          ? name.startsWith(pattern.slice(0, -2))
          : name === pattern,
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => matches(name)));
}
