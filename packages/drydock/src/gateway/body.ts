import type { IncomingMessage } from "node:http";
import { Transform, type TransformCallback } from "node:stream";
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
 * Takes the chunk framing off a body sent with `Content-Encoding: aws-chunked`; chunk signatures are dropped.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export class AwsChunkedDecoder extends Transform {
  /** What followed the last chunk, complete when the stream ends: checksums of the body. */
  readonly trailers: Record<string, string> = {};
  private pending: Buffer = Buffer.alloc(0);
  private remaining = 0;
  private state: "size" | "data" | "data-end" | "trailers" | "done" = "size";

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.pending = this.pending.length ? Buffer.concat([this.pending, chunk]) : chunk;
    try {
      while (this.pending.length > 0 && this.state !== "done" && this.step());
      if (this.state === "done") this.pending = Buffer.alloc(0);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    // Clients that send no trailer may leave out the empty line after the last chunk.
    const complete = this.state === "done" || this.state === "trailers";
    done(complete ? null : new AwsError("IncompleteBody", "The body ended before its last chunk."));
  }

  /** Takes one part of the framing, or of the data; false when more has to come first. */
  private step(): boolean {
    if (this.state === "data") {
      const part = this.pending.subarray(0, this.remaining);
      this.push(part);
      this.pending = this.pending.subarray(part.length);
      this.remaining -= part.length;
      if (this.remaining === 0) this.state = "data-end";
      return true;
    }
    const end = this.pending.indexOf("\r\n");
    if (end < 0) return false;
    const line = this.pending.subarray(0, end).toString("latin1");
    this.pending = this.pending.subarray(end + 2);
    if (this.state === "data-end") this.state = "size";
    else if (this.state === "trailers") this.readTrailer(line);
    else this.readSize(line);
    return true;
  }

  private readSize(line: string): void {
    this.remaining = Number.parseInt(line, 16);
    if (Number.isNaN(this.remaining)) {
      throw new AwsError("InvalidRequest", "The body is not a valid aws-chunked stream.");
    }
    this.state = this.remaining === 0 ? "trailers" : "data";
  }

  private readTrailer(line: string): void {
    const colon = line.indexOf(":");
    if (colon > 0) this.trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    else this.state = "done";
  }
}
