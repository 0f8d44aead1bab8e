import { header, headerLists, headerValues, type RequestHead, type ResponseHead } from "./head.ts";

/** What the load balancer knows of a request that the target is told in headers. */
export interface ForwardingContext {
  clientAddress: string;
  clientPort: number;
  /** The port of the listener that the client connected to. */
  listenerPort: number;
  attributes: ForwardingAttributes;
}

/** Load balancer attributes, by what they mean. */
export interface ForwardingAttributes {
  /** `routing.http.xff_header_processing.mode` */
  forwardedFor: "append" | "preserve" | "remove";
  /** `routing.http.xff_client_port.enabled` */
  clientPort: boolean;
  /** `routing.http.drop_invalid_header_fields.enabled` */
  dropInvalidHeaders: boolean;
}

// Of one connection only (RFC 9110, 7.6.1). Expect is answered by the load balancer itself.
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "upgrade",
  "expect",
  "http2-settings",
  "transfer-encoding",
]);
const setHere = new Set(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id", "host"]);
const validName = /^[-A-Za-z0-9]+$/;

/** Where a body ends is everybody's to know: a client that has it dropped makes the target take the body for a request. */
const neverDropped = new Set(["content-length", "transfer-encoding", "keep-alive", "close", "upgrade"]);

/** Whether a line says once more how long the body is, or says it of a body in chunks, which RFC 9112, 6.3 overrides. */
function isNeedlessLength(head: RequestHead | ResponseHead, index: number): boolean {
  if (head.names[index] !== "content-length") return false;
  return head.names.indexOf("content-length") !== index || head.names.includes("transfer-encoding");
}

/** The name after which a Connection header says that a header is of this connection only. */
function connectionOptions(head: RequestHead | ResponseHead): Set<string> | undefined {
  if (!head.names.includes("connection")) return undefined;
  const options = headerValues(head, "connection")
    .join(",")
    .split(",")
    .map((option) => option.trim().toLowerCase())
    .filter((option) => !neverDropped.has(option));
  return options.length > 0 ? new Set(options) : undefined;
}

/** The request as the target gets it, up to and with the blank line. `host` and `path` are those it was routed by. */
export function requestHeadForTarget(
  head: RequestHead,
  path: string,
  host: string,
  context: ForwardingContext,
  chunked: boolean,
): string {
  const { attributes } = context;
  const named = connectionOptions(head);
  const upgrade = upgradeOf(head);
  let text = `${head.method} ${path} HTTP/1.1\r\nHost: ${host}\r\n`;
  for (let i = 0; i < head.names.length; i++) {
    const name = head.names[i] as string;
    if (hopByHop.has(name) || setHere.has(name) || named?.has(name) || isNeedlessLength(head, i)) continue;
    if (attributes.dropInvalidHeaders && !validName.test(name)) continue;
    text += `${head.lines[i]}\r\n`;
  }
  if (chunked) text += "Transfer-Encoding: chunked\r\n";
  text += forwardedFor(head, context);
  text += `X-Forwarded-Proto: http\r\nX-Forwarded-Port: ${context.listenerPort}\r\n`;
  text += `X-Amzn-Trace-Id: ${traceId(header(head, "x-amzn-trace-id"))}\r\n`;
  text +=
    upgrade === undefined ? "Connection: keep-alive\r\n\r\n" : `Upgrade: ${upgrade}\r\nConnection: upgrade\r\n\r\n`;
  return text;
}

/** What a client would like to speak instead, if the target does too. HTTP/2 isn't offered to targets. */
function upgradeOf(head: RequestHead): string | undefined {
  const upgrade = headerLists(head, "connection", "upgrade") ? header(head, "upgrade") : undefined;
  return upgrade?.toLowerCase() === "h2c" ? undefined : upgrade;
}

function forwardedFor(head: RequestHead, { clientAddress, clientPort, attributes }: ForwardingContext): string {
  if (attributes.forwardedFor === "remove") return "";
  const given = headerValues(head, "x-forwarded-for");
  if (attributes.forwardedFor === "append")
    given.push(attributes.clientPort ? `${clientAddress}:${clientPort}` : clientAddress);
  return given.length > 0 ? `X-Forwarded-For: ${given.join(", ")}\r\n` : "";
}

const process24 = Math.floor(Math.random() * 0x1000000)
  .toString(16)
  .padStart(6, "0");
let counter = Math.floor(Math.random() * 0x100000000);

function newTraceId(): string {
  counter++;
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `1-${seconds}-${process24}${counter.toString(16).padStart(18, "0")}`;
}

/** "If the header is not present, the load balancer generates one; if it has a Root field, it inserts a Self field." */
function traceId(given: string | undefined): string {
  if (given === undefined) return `Root=${newTraceId()}`;
  const others = given
    .split(";")
    .filter((field) => !/^\s*self=/i.test(field))
    .join(";");
  return /(^|;)\s*root=/i.test(given) ? `Self=${newTraceId()};${others}` : `${others};Root=${newTraceId()}`;
}

/** How a body that came in one form is written to the client. */
export type BodyCoding = "as-it-came" | "add-chunks" | "remove-chunks";

/** The answer as the client gets it, up to and with the blank line. */
export function responseHeadForClient(
  head: ResponseHead,
  coding: BodyCoding,
  connection: "keep-alive" | "close" | "upgrade",
  added: string,
): string {
  const named = connectionOptions(head);
  let text = head.minor === 1 ? `${head.statusLine}\r\n` : `HTTP/1.1${head.statusLine.slice(8)}\r\n`;
  for (let i = 0; i < head.names.length; i++) {
    const name = head.names[i] as string;
    if (hopByHop.has(name) || named?.has(name)) {
      const kept =
        (name === "transfer-encoding" && coding === "as-it-came") || (name === "upgrade" && connection === "upgrade");
      if (!kept) continue;
    }
    if (isNeedlessLength(head, i)) continue;
    text += `${head.lines[i]}\r\n`;
  }
  if (coding === "add-chunks") text += "Transfer-Encoding: chunked\r\n";
  return `${text}${added}Connection: ${connection}\r\n\r\n`;
}
