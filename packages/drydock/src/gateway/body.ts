import type { IncomingMessage } from "node:http";
import { Transform } from "node:stream";
import { AwsError } from "../errors.ts";

/** No operation's input is larger, apart from streams, which have no limit. */
const maximumBody = 64 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumBody) throw new AwsError("RequestEntityTooLarge", "The request is too large.", { status: 413 });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Takes the chunk framing off a body sent with `Content-Encoding: aws-chunked`; trailers and chunk signatures are
 * dropped. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function decodeAwsChunked(): Transform {
  let pending: Buffer = Buffer.alloc(0);
  let remaining = 0;
  let state: "size" | "data" | "data-end" | "done" = "size";
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      pending = pending.length ? Buffer.concat([pending, chunk]) : chunk;
      while (pending.length > 0 && state !== "done") {
        if (state === "data") {
          const part = pending.subarray(0, remaining);
          this.push(part);
          pending = pending.subarray(part.length);
          remaining -= part.length;
          if (remaining === 0) state = "data-end";
        } else {
          const end = pending.indexOf("\r\n");
          if (end < 0) break;
          const line = pending.subarray(0, end).toString("latin1");
          pending = pending.subarray(end + 2);
          if (state === "data-end") {
            state = "size";
            continue;
          }
          remaining = Number.parseInt(line, 16);
          if (Number.isNaN(remaining)) {
            done(new AwsError("InvalidRequest", "The body is not a valid aws-chunked stream."));
            return;
          }
          state = remaining === 0 ? "done" : "data";
        }
      }
      if (state === "done") pending = Buffer.alloc(0);
      done();
    },
    flush(done) {
      done(state === "done" ? null : new AwsError("IncompleteBody", "The body ended before its last chunk."));
    },
  });
}
