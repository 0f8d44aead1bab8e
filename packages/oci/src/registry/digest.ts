import { createHash } from "node:crypto";

const sha256Digest = /^sha256:[0-9a-f]{64}$/;

/** Whether `text` is `sha256:<64 hex digits>`, the only algorithm fardel stores and verifies. */
export function isDigest(text: string): boolean {
  return sha256Digest.test(text);
}

/** The digest of bytes held in memory; content that may be large is hashed while it streams. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
