import type { StateBucket, StoredDocument } from "./state-bucket.ts";

/** A bucket in memory, for tests. `documents` may be looked into and changed. */
export function memoryBucket(): StateBucket & { documents: Map<string, StoredDocument> } {
  const documents = new Map<string, StoredDocument>();
  let written = 0;
  return {
    documents,
    read: async (key) => documents.get(key),
    write: async (key, value, over) => {
      if (documents.get(key)?.etag !== over) return undefined;
      written += 1;
      const etag = `"${written}"`;
      documents.set(key, { value: JSON.parse(JSON.stringify(value)), etag });
      return etag;
    },
    remove: async (key, etag) => {
      if (documents.get(key)?.etag === etag) documents.delete(key);
    },
    keys: async (prefix) => [...documents.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}
