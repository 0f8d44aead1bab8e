/** The start line and header lines of a message, taken apart once. */
export interface Headers {
  /** Lines as they came, without CRLF. */
  lines: string[];
  /** Name of each line, in lower case. */
  names: string[];
  /** Value of each line, trimmed. */
  values: string[];
}

export interface RequestHead extends Headers {
  method: string;
  /** As the client wrote it: `/path?query`, an absolute URL, or `*`. */
  target: string;
  /** The minor version: HTTP/1.0 or HTTP/1.1. */
  minor: 0 | 1;
}

export interface ResponseHead extends Headers {
  statusLine: string;
  status: number;
  minor: 0 | 1;
}

/** A message that isn't HTTP as the load balancer takes it, and the status it answers a client with. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** ALB's fixed quotas: 16 KB for the request line and for one header, 64 KB for the whole head, 32 KB for a response's. */
const maximumLine = 16 * 1024;
export const maximumRequestHead = 64 * 1024;
export const maximumResponseHead = 32 * 1024;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
const statusLine = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/;
// A lone CR or LF inside a line is how requests are smuggled past a proxy, and other control characters are what one
// server takes for a space and the next for a part of the value (RFC 9110, 5.5: "invalid and dangerous").
const forbidden = /[^\t\x20-\x7e\x80-\xff]/;

/** Reads `head`, everything before the blank line. Throws MalformedMessage with ALB's status for what is wrong. */
export function parseRequestHead(head: string): RequestHead {
  const lines = head.split("\r\n");
  const start = lines.shift() ?? "";
  if (start.length > maximumLine) throw new MalformedMessage(414, "the request line is longer than 16 KB");
  const match = requestLine.exec(start);
  if (!match) throw new MalformedMessage(400, `not a request line: ${start.slice(0, 100)}`);
  const [, method = "", target = "", major, minor] = match;
  if (major !== "1") throw new MalformedMessage(505, `HTTP/${major}.${minor} isn't spoken here`);
  return { method, target, minor: minor === "0" ? 0 : 1, ...parseHeaders(lines) };
}

/** The same for a target's answer; the status of what it throws has no meaning. */
export function parseResponseHead(head: string): ResponseHead {
  const lines = head.split("\r\n");
  const start = lines.shift() ?? "";
  const match = statusLine.exec(start);
  if (!match) throw new MalformedMessage(502, `not a status line: ${start.slice(0, 100)}`);
  return { statusLine: start, status: Number(match[2]), minor: match[1] === "0" ? 0 : 1, ...parseHeaders(lines) };
}

function parseHeaders(lines: string[]): Headers {
  const names: string[] = new Array(lines.length);
  const values: string[] = new Array(lines.length);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0));
    if (line.length > maximumLine) throw new MalformedMessage(400, "a header is longer than 16 KB");
    // Also refuses a folded line (it starts with a space) and a space before the colon.
    if (!token.test(name) || forbidden.test(line)) throw new MalformedMessage(400, "a header line isn't well-formed");
    names[i] = name.toLowerCase();
    values[i] = valueAfter(line, colon + 1);
  }
  return { lines, names, values };
}

/** Without the spaces and tabs around it (RFC 9110, 5.6.3); `trim` would also take a non-breaking space. */
function valueAfter(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (isSpace(line.charCodeAt(start))) start++;
  while (end > start && isSpace(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9;
}

/** The first value of a header, by its name in lower case. */
export function header(headers: Headers, name: string): string | undefined {
  const index = headers.names.indexOf(name);
  return index < 0 ? undefined : headers.values[index];
}

/** Every value of a header that may be repeated. */
export function headerValues(headers: Headers, name: string): string[] {
  return headers.values.filter((_, index) => headers.names[index] === name);
}

/** Whether a comma-separated header names `item`, as in `Connection: close`. */
export function headerLists(headers: Headers, name: string, item: string): boolean {
  if (!headers.names.includes(name)) return false;
  return headerValues(headers, name).some((value) =>
    value.split(",").some((part) => part.trim().toLowerCase() === item),
  );
}
