import type { IncomingMessage } from "node:http";
import { Transform, type TransformCallback } from "node:stream";
import { AwsError } from "../errors.ts";

/** No operation's input is larger, apart from streams, which have no limit. */
const maximumBody = 64 * 1024 * 1024;
/** Sizes with their signatures and trailers are lines; nobody needs long ones, or many trailers. */
const maximumChunkLine = 8 * 1024;
const maximumTrailers = 100;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed when it is too large: the client still has to be told.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
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
  private decoded = 0;
  private readonly expected: number | undefined;
  private state: "size" | "data" | "data-end" | "trailers" | "done" = "size";

  /** @param expected bytes of the body without its framing, as `x-amz-decoded-content-length` says them. */
  constructor(expected?: number) {
    super();
    this.expected = expected;
  }

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
    const ended = this.state === "done" || this.state === "trailers";
    const complete = ended && (this.expected === undefined || this.expected === this.decoded);
    done(
      complete
        ? null
        : new AwsError("IncompleteBody", "The body ended before its last chunk, or is not as long as said."),
    );
  }

  /** Takes one part of the framing, or of the data; false when more has to come first. */
  private step(): boolean {
    if (this.state === "data") {
      const part = this.pending.subarray(0, this.remaining);
      this.push(part);
      this.pending = this.pending.subarray(part.length);
      this.remaining -= part.length;
      this.decoded += part.length;
      if (this.remaining === 0) this.state = "data-end";
      return true;
    }
    const end = this.pending.indexOf("\r\n");
    if ((end < 0 ? this.pending.length : end) > maximumChunkLine) throw malformedStream();
    if (end < 0) return false;
    const line = this.pending.subarray(0, end).toString("latin1");
    this.pending = this.pending.subarray(end + 2);
    if (this.state === "data-end") this.endChunk(line);
    else if (this.state === "trailers") this.readTrailer(line);
    else this.readSize(line);
    return true;
  }

  private endChunk(line: string): void {
    if (line !== "") throw malformedStream();
    this.state = "size";
  }

  private readSize(line: string): void {
    const size = /^([0-9a-f]{1,12})(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw malformedStream();
    this.remaining = Number.parseInt(size, 16);
    this.state = this.remaining === 0 ? "trailers" : "data";
  }

  private readTrailer(line: string): void {
    const colon = line.indexOf(":");
    if (colon <= 0) {
      this.state = "done";
      return;
    }
    this.trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    if (Object.keys(this.trailers).length > maximumTrailers) throw malformedStream();
  }
}

function malformedStream(): AwsError {
  return new AwsError("InvalidRequest", "The body is not a valid aws-chunked stream.");
}
