const dateTag = "$date";
const bytesTag = "$bytes";

/** JSON in which dates and bytes are tagged, so that what a service stores comes back as it was. */
export function serialize(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key) {
    const original = this[key];
    if (original instanceof Date) return { [dateTag]: original.getTime() };
    if (original instanceof Uint8Array) return { [bytesTag]: Buffer.from(original).toString("base64") };
    return original;
  });
}

export function deserialize(text: string): unknown {
  if (!text.includes(`"${dateTag}"`) && !text.includes(`"${bytesTag}"`)) return JSON.parse(text);
  return JSON.parse(text, (_key, value) => {
    if (value === null || typeof value !== "object") return value;
    if (typeof value[dateTag] === "number") return new Date(value[dateTag]);
    if (typeof value[bytesTag] === "string") return new Uint8Array(Buffer.from(value[bytesTag], "base64"));
    return value;
  });
}
