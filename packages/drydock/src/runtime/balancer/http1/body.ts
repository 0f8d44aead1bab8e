import { type Headers, headerValues, MalformedMessage, type RequestHead, type ResponseHead } from "./head.ts";

/**
 * Finds the end of a message's body in the bytes of a connection. Bytes are passed on as they come, so nothing here is
 * copied: only counted.
 */
export interface Body {
  readonly kind: "length" | "chunked" | "until-close";
  /** True once the last byte was seen. */
  done: boolean;
  /**
   * Takes what belongs to this body from `bytes`, beginning at `offset`, and answers where it ends. With `content`, the
   * parts of it that are payload (without chunk sizes) are added there. Throws MalformedMessage.
   */
  read(bytes: Buffer, offset: number, content?: Buffer[]): number;
}

class LengthBody implements Body {
  readonly kind = "length";
  private remaining: number;
  done: boolean;

  constructor(length: number) {
    this.remaining = length;
    this.done = length === 0;
  }

  read(bytes: Buffer, offset: number, content?: Buffer[]): number {
    const end = Math.min(bytes.length, offset + this.remaining);
    this.remaining -= end - offset;
    this.done = this.remaining === 0;
    if (end > offset) content?.push(bytes.subarray(offset, end));
    return end;
  }
}

class UntilCloseBody implements Body {
  readonly kind = "until-close";
  done = false;

  read(bytes: Buffer, offset: number, content?: Buffer[]): number {
    if (bytes.length > offset) content?.push(bytes.subarray(offset));
    return bytes.length;
  }
}

const lineFeed = 10;
/** Chunk sizes, extensions and trailers are lines; nobody needs long ones. */
const maximumChunkLine = 8 * 1024;

class ChunkedBody implements Body {
  readonly kind = "chunked";
  done = false;
  private state: "size" | "data" | "data-end" | "trailer" = "size";
  private remaining = 0;
  private line = "";

  read(bytes: Buffer, offset: number, content?: Buffer[]): number {
    let at = offset;
    while (at < bytes.length && !this.done) {
      if (this.state === "data") {
        const end = Math.min(bytes.length, at + this.remaining);
        content?.push(bytes.subarray(at, end));
        this.remaining -= end - at;
        at = end;
        if (this.remaining === 0) this.state = "data-end";
        continue;
      }
      const end = bytes.indexOf(lineFeed, at);
      this.line += bytes.toString("latin1", at, end < 0 ? bytes.length : end);
      if (this.line.length > maximumChunkLine) throw new MalformedMessage(400, "a chunk's line is too long");
      if (end < 0) return bytes.length;
      at = end + 1;
      const line = this.line;
      this.line = "";
      if (line.indexOf("\r") !== line.length - 1 || line.includes("\0"))
        throw new MalformedMessage(400, "a line doesn't end with CR and LF, or has one of them inside");
      this.takeLine(line.slice(0, -1));
    }
    return at;
  }

  private takeLine(line: string): void {
    if (this.state === "trailer") {
      this.done = line === "";
    } else if (this.state === "data-end") {
      if (line !== "") throw new MalformedMessage(400, "a chunk is longer than its size says");
      this.state = "size";
    } else {
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (size === undefined) throw new MalformedMessage(400, `not a chunk size: ${line.slice(0, 40)}`);
      this.remaining = Number.parseInt(size, 16);
      this.state = this.remaining === 0 ? "trailer" : "data";
    }
  }
}

/** How a request's body ends (RFC 9112, 6.3). Throws MalformedMessage for what could be read in two ways. */
export function requestBody(head: RequestHead): Body {
  const codings = transferCodings(head);
  if (codings.length > 0) {
    // "The supported values for Transfer-Encoding are chunked and identity": anything else is answered 501.
    if (codings.some((coding) => coding !== "chunked" && coding !== "identity"))
      throw new MalformedMessage(501, `Transfer-Encoding ${codings.join(", ")} isn't supported`);
    if (head.names.includes("content-length")) throw new MalformedMessage(400, "Content-Length and Transfer-Encoding");
    // RFC 9112, 6.1: HTTP/1.0 knows none, and 6.3: what isn't chunked last has no end that can be found.
    if (head.minor === 0) throw new MalformedMessage(400, "Transfer-Encoding in HTTP/1.0");
    if (codings.indexOf("chunked") !== (codings.includes("chunked") ? codings.length - 1 : -1))
      throw new MalformedMessage(400, "Transfer-Encoding is chunked, and not once and last");
    if (codings.at(-1) === "chunked") return new ChunkedBody();
  }
  return new LengthBody(contentLength(head) ?? 0);
}

/** How a target's answer to `method` ends. */
export function responseBody(head: ResponseHead, method: string): Body {
  if (method === "HEAD" || head.status === 204 || head.status === 304) return new LengthBody(0);
  const codings = transferCodings(head);
  if (codings.at(-1) === "chunked") return new ChunkedBody();
  if (codings.some((coding) => coding !== "identity")) return new UntilCloseBody();
  const length = contentLength(head);
  return length === undefined ? new UntilCloseBody() : new LengthBody(length);
}

function transferCodings(headers: Headers): string[] {
  if (!headers.names.includes("transfer-encoding")) return [];
  return headerValues(headers, "transfer-encoding")
    .join(",")
    .split(",")
    .map((coding) => coding.trim().toLowerCase());
}

function contentLength(headers: Headers): number | undefined {
  if (!headers.names.includes("content-length")) return undefined;
  const values = new Set(headerValues(headers, "content-length"));
  const [value = ""] = values;
  if (values.size > 1 || !/^\d{1,15}$/.test(value)) throw new MalformedMessage(400, "Content-Length isn't one number");
  return Number(value);
}
