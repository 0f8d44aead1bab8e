import type { Socket } from "node:net";
import { ownAnswer } from "./answers.ts";
import { Exchange } from "./exchange.ts";
import { type Body, requestBody } from "./http1/body.ts";
import {
  header,
  headerLists,
  headerValues,
  MalformedMessage,
  maximumRequestHead,
  parseRequestHead,
  type RequestHead,
} from "./http1/head.ts";
import type { ListenerSettings } from "./listener-settings.ts";
import { type Requested, requested } from "./requested.ts";
import { redirectLocation } from "./rules/redirect.ts";
import { actionFor } from "./rules/rules.ts";

const endOfHead = Buffer.from("\r\n\r\n");
/** After a last answer, how long the client may take to read it and close its side. */
const lingerTimeout = 5_000;

/** What a connection asks of the listener it came in by. */
export interface ConnectionOwner {
  readonly settings: ListenerSettings;
  readonly port: number;
  /** True once the listener takes nothing new: the answer under way is the connection's last. */
  readonly closing: boolean;
}

/**
 * A client's connection: its requests one after the other, each routed by itself. HTTP is parsed here rather than by
 * node:http because only heads need looking at; bodies pass through as bytes, which is what makes this fast.
 */
export class ClientConnection {
  readonly socket: Socket;
  private readonly owner: ConnectionOwner;
  private readonly address: string;
  private readonly openedAt = Date.now();
  /** Bytes of a request that isn't taken up yet. */
  private waiting: Buffer | undefined;
  /** How far `waiting` has been searched for the end of a head. */
  private searched = 0;
  private head: RequestHead | undefined;
  private body: Body | undefined;
  private exchange: Exchange | undefined;
  private answered = false;
  private lingering = false;
  private reading = false;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.socket = socket;
    this.owner = owner;
    // Asked now, since a connection that is reset forgets it.
    this.address = socket.remoteAddress ?? "127.0.0.1";
    socket.setTimeout(owner.settings.idleTimeout);
    socket.on("data", (bytes: Buffer) => this.received(bytes));
    socket.on("drain", () => this.exchange?.clientDrained());
    socket.on("end", () => this.ended());
    socket.on("timeout", () => this.timedOut());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.exchange?.clientGone());
  }

  get idle(): boolean {
    return this.head === undefined && this.waiting === undefined;
  }

  get requestComplete(): boolean {
    return this.body?.done ?? true;
  }

  /** Whether this answer leaves the connection open for another request. */
  keepsAlive(): boolean {
    const { head, owner } = this;
    if (!head || owner.closing || Date.now() - this.openedAt > owner.settings.clientKeepAlive) return false;
    return head.minor === 1 ? !headerLists(head, "connection", "close") : headerLists(head, "connection", "keep-alive");
  }

  /** Called when the answer to the request under way has been written in full. */
  answerComplete(keepAlive: boolean): void {
    this.exchange = undefined;
    this.answered = true;
    // A request body that nobody reads (any more) is read to its end, so that the next request can be found.
    this.socket.resume();
    if (!keepAlive) this.close();
    else if (this.body?.done) this.nextRequest();
  }

  /** Answers on the load balancer's own account. */
  answer(status: number, options: { headers?: string; body?: string; type?: string } = {}): void {
    const keepAlive = this.keepsAlive() && status !== 400 && status !== 408;
    const connection = keepAlive ? "keep-alive" : "close";
    this.socket.write(ownAnswer(status, { ...options, connection, withBody: this.head?.method !== "HEAD" }), "latin1");
    this.answerComplete(keepAlive);
  }

  /** Answers because nobody else can, or because the request is no good. */
  refuseWith(status: number): void {
    this.owner.settings.traffic.answeredItself(status);
    this.answer(status);
  }

  /** Bytes after an upgrade belong to neither request nor answer. */
  takeWaiting(): Buffer | undefined {
    const { waiting } = this;
    this.waiting = undefined;
    return waiting;
  }

  private received(bytes: Buffer): void {
    if (this.lingering) return;
    if (this.exchange?.upgraded) {
      this.exchange.send(bytes);
      return;
    }
    if (this.head === undefined) {
      this.waiting = this.waiting ? Buffer.concat([this.waiting, bytes]) : bytes;
      this.readRequests();
      return;
    }
    const end = this.readBody(bytes, 0);
    if (end < bytes.length) this.keepWaiting(bytes.subarray(end));
    if (this.answered && this.body?.done && !this.lingering) this.nextRequest();
  }

  /** A pipelined request waits until the one before it is answered. */
  private keepWaiting(bytes: Buffer): void {
    this.waiting = this.waiting ? Buffer.concat([this.waiting, bytes]) : bytes;
    if (this.head !== undefined && !this.answered) this.socket.pause();
  }

  private readBody(bytes: Buffer, offset: number): number {
    const { body } = this;
    if (!body || body.done) return offset;
    try {
      const end = body.read(bytes, offset);
      if (end > offset) this.exchange?.send(offset === 0 && end === bytes.length ? bytes : bytes.subarray(offset, end));
      return end;
    } catch (error) {
      this.refuse(error);
      return bytes.length;
    }
  }

  private nextRequest(): void {
    this.head = undefined;
    this.body = undefined;
    this.answered = false;
    if (this.waiting && !this.reading) this.readRequests();
  }

  private readRequests(): void {
    this.reading = true;
    while (this.waiting && this.head === undefined && !this.lingering) {
      // RFC 9112, 2.2: empty lines before a request line are ignored.
      let start = 0;
      while (this.waiting[start] === 13 || this.waiting[start] === 10) start++;
      const end = this.waiting.indexOf(endOfHead, Math.max(start, this.searched - 3));
      if (end < 0) {
        this.searched = this.waiting.length;
        if (this.searched > maximumRequestHead) this.refuse(new MalformedMessage(400, "the head is longer than 64 KB"));
        break;
      }
      const bytes = this.waiting;
      this.waiting = undefined;
      this.searched = 0;
      this.takeRequest(bytes, start, end);
    }
    this.reading = false;
  }

  private takeRequest(bytes: Buffer, start: number, end: number): void {
    let request: Requested;
    try {
      if (end - start > maximumRequestHead) throw new MalformedMessage(400, "the head is longer than 64 KB");
      const head = parseRequestHead(bytes.toString("latin1", start, end));
      this.head = head;
      this.body = requestBody(head);
      request = requested(head, this.owner.settings.dnsName, this.address);
    } catch (error) {
      this.refuse(error);
      return;
    }
    // "They respond to the client immediately with an HTTP 100 Continue without testing the content length header,
    // remove the Expect header, and then route the request."
    if (request.minor === 1 && header(request.headers, "expect")?.toLowerCase() === "100-continue")
      this.socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    const bodyStart = end + endOfHead.length;
    this.route(request, bytes, bodyStart);
  }

  private route(request: Requested, bytes: Buffer, bodyStart: number): void {
    const { settings } = this.owner;
    const action = actionFor(settings.rules, request);
    if (request.method === "TRACE") this.refuseWith(405);
    else if (tooManyForwarders(request)) this.refuseWith(463);
    else if (action === undefined) this.refuseWith(503);
    else if (action.type === "fixed-response") {
      const { StatusCode, ContentType, MessageBody = "" } = action.response;
      this.answer(Number(StatusCode), {
        body: Buffer.from(MessageBody).toString("latin1"),
        type: ContentType ?? "text/plain",
      });
    } else if (action.type === "redirect") {
      const port = action.redirect.Port;
      const redirect =
        port && /^\d+$/.test(port)
          ? { ...action.redirect, Port: String(settings.realPort(Number(port))) }
          : action.redirect;
      const location = redirectLocation(redirect, { ...request, protocol: "http", port: this.owner.port });
      this.answer(redirect.StatusCode === "HTTP_301" ? 301 : 302, { headers: `Location: ${location}\r\n` });
    } else {
      this.exchange = new Exchange(this, this.owner, request);
      this.exchange.begin(action);
    }
    this.readRest(bytes, bodyStart);
  }

  /** What came in one piece with the head: the request's body, and perhaps the next request. */
  private readRest(bytes: Buffer, bodyStart: number): void {
    const end = bodyStart < bytes.length ? this.readBody(bytes, bodyStart) : bodyStart;
    if (end < bytes.length && !this.lingering) this.keepWaiting(bytes.subarray(end));
    if (this.answered && this.body?.done && !this.lingering) this.nextRequest();
  }

  private refuse(error: unknown): void {
    if (!(error instanceof MalformedMessage)) throw error;
    const answering = this.answered || this.exchange?.answering;
    this.exchange?.clientGone();
    this.exchange = undefined;
    if (answering) {
      this.socket.destroy();
    } else {
      this.owner.settings.traffic.answeredItself(error.status);
      this.socket.write(ownAnswer(error.status, { connection: "close", withBody: true }), "latin1");
      this.close();
    }
  }

  /** The client has closed its side: of a request under way it wants no answer any more (ALB logs it as 460). */
  private ended(): void {
    if (this.exchange?.upgraded) this.exchange.clientEnded();
    else if (this.exchange) this.socket.destroy();
    else this.socket.end();
  }

  private timedOut(): void {
    if (this.lingering || this.idle || this.answered || this.exchange?.answering) this.socket.destroy();
    // "The client did not send data before the idle timeout period expired."
    else if (!this.exchange || (!this.requestComplete && !this.socket.isPaused())) {
      this.exchange?.clientGone();
      this.exchange = undefined;
      this.refuseWith(408);
    }
    // "The load balancer established a connection to the target but the target did not respond before the idle timeout."
    else this.exchange.fail(504);
  }

  /** Ends the connection after what was written; what the client still sends is read and dropped, lest a reset eats the answer. */
  close(): void {
    if (this.lingering) return;
    this.lingering = true;
    this.waiting = undefined;
    this.socket.end();
    this.socket.resume();
    this.socket.setTimeout(lingerTimeout);
  }
}

/** "HTTP 463: the load balancer received an X-Forwarded-For request header with too many IP addresses (limit 30)." */
function tooManyForwarders(request: Requested): boolean {
  return (
    request.headers.names.includes("x-forwarded-for") &&
    headerValues(request.headers, "x-forwarded-for").join(",").split(",").length > 30
  );
}
