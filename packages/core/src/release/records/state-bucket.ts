import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Aws } from "../../aws/clients.ts";
import { isAwsError } from "../../aws/errors.ts";
import type { FardelError } from "../../errors.ts";

/** A JSON document as it was read, with the tag by which a later write can tell that nobody else has written. */
export interface StoredDocument {
  value: unknown;
  etag: string;
}

/** What locks and release records need of S3: documents, and writes that happen only over what was read. */
export interface StateBucket {
  read(key: string): Promise<StoredDocument | undefined>;
  /**
   * Writes where nothing is (`over` undefined) or over exactly the version with that tag. Returns the new tag, undefined
   * when somebody else was there first.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
   */
  write(key: string, value: unknown, over: string | undefined): Promise<string | undefined>;
  /** Deletes exactly the version with that tag; anybody else's stays. */
  remove(key: string, etag: string): Promise<void>;
  /** All keys with the prefix, in the order of their bytes. */
  keys(prefix: string): Promise<string[]>;
}

/** How often a body that breaks off is asked for. */
const readAttempts = 5;

/**
 * The SDK repeats a call only up to its answer's head. It also waits for ever for a body whose connection was lost before
 * somebody read it (`transformToString`), where Node's own reader of streams tells.
 */
async function againWhenCutOff<Result>(read: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (attempt === readAttempts || !["ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"].includes(code)) throw error;
    }
  }
}

export function stateBucket(aws: Pick<Aws, "s3">, bucket: string): StateBucket {
  const { s3 } = aws;
  const readText = async (key: string) => {
    try {
      return await againWhenCutOff(async () => {
        const { Body, ETag = "" } = await s3.getObject({ Bucket: bucket, Key: key });
        return { text: Body === undefined ? "null" : await text(Body as Readable), etag: ETag };
      });
    } catch (error) {
      if (isAwsError(error, "NoSuchKey")) return undefined;
      throw error;
    }
  };
  const etagOf = async (key: string, text: string) => {
    const found = await readText(key);
    return found?.text === text ? found.etag : undefined;
  };
  return {
    async read(key) {
      const found = await readText(key);
      return found && { value: JSON.parse(found.text), etag: found.etag };
    },

    async write(key, value, over) {
      const condition = over === undefined ? { IfNoneMatch: "*" } : { IfMatch: over };
      const Body = `${JSON.stringify(value, null, 2)}\n`;
      let sent = 0;
      try {
        const { ETag = "" } = await againOnConflict(() => {
          sent += 1;
          return s3.putObject({ Bucket: bucket, Key: key, Body, ContentType: "application/json", ...condition });
        });
        return ETag;
      } catch (error) {
        if (!lostTheRace(error)) throw error;
        // Sent again because its first answer was lost, a write meets what it has itself written.
        return sent > 1 || attempts(error) > 1 ? etagOf(key, Body) : undefined;
      }
    },

    async remove(key, etag) {
      try {
        await againOnConflict(() => s3.deleteObject({ Bucket: bucket, Key: key, IfMatch: etag }));
      } catch (error) {
        if (!lostTheRace(error)) throw error;
      }
    },

    async keys(prefix) {
      const keys: string[] = [];
      for await (const { Contents = [] } of pages(s3, bucket, prefix)) {
        keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
      }
      return keys;
    },
  };
}

async function* pages(s3: Aws["s3"], bucket: string, prefix: string) {
  let token: string | undefined;
  do {
    const page = await s3.listObjectsV2({ Bucket: bucket, Prefix: prefix, ...(token && { ContinuationToken: token }) });
    yield page;
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** 412 when the condition doesn't hold, 404 when there is nothing to match. Of deletions S3 says the same. */
function lostTheRace(error: unknown): error is FardelError {
  return ["PreconditionFailed", "NoSuchKey"].some((name) => isAwsError(error, name));
}

const mostConflicts = 5;

/** A 409 decides nothing: "If a conflicting operation occurs during the upload … retry the upload" (PutObject). */
async function againOnConflict<T>(request: () => Promise<T>): Promise<T> {
  for (let time = 1; ; time++) {
    try {
      return await request();
    } catch (error) {
      if (time === mostConflicts || !isAwsError(error, "ConditionalRequestConflict")) throw error;
    }
  }
}

/** How often the SDK has sent a request that has failed. */
function attempts(error: FardelError): number {
  const { $metadata } = (error.cause ?? {}) as { $metadata?: { attempts?: number } };
  return $metadata?.attempts ?? 1;
}
