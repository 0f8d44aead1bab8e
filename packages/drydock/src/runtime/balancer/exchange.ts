import { simulatedAnswer } from "./answers.ts";
import type { ClientConnection, ConnectionOwner } from "./client-connection.ts";
import { type Body, responseBody } from "./http1/body.ts";
import { type BodyCoding, requestHeadForTarget, responseHeadForClient } from "./http1/forwarding.ts";
import {
  header,
  headerLists,
  MalformedMessage,
  maximumResponseHead,
  parseResponseHead,
  type ResponseHead,
} from "./http1/head.ts";
import type { Requested } from "./requested.ts";
import type { CompiledAction } from "./rules/rules.ts";
import { stickinessCookies, stickyChoice } from "./stickiness.ts";
import type { ConnectionUser, TargetConnection } from "./target-connections.ts";
import type { Target } from "./target-group.ts";

const endOfHead = Buffer.from("\r\n\r\n");
/** Up to this size, an answer's head and what came with it go out in one write. */
const smallBody = 8 * 1024;

/**
 * One request on its way to a target and the answer on its way back. It is never tried again on another target or
 * connection: like ALB, a target that closes a kept connection while a request comes in costs that request (502).
 */
export class Exchange implements ConnectionUser {
  /** Both sides speak something else from now on (WebSocket). */
  upgraded = false;
  /** The head of the answer has gone to the client. */
  answering = false;
  private readonly client: ClientConnection;
  private readonly owner: ConnectionOwner;
  private readonly request: Requested;
  private target: Target | undefined;
  private targetGroupArn = "";
  private sentAt = 0;
  private connection: TargetConnection | undefined;
  private partialHead: Buffer | undefined;
  private head: ResponseHead | undefined;
  private body: Body | undefined;
  private coding: BodyCoding = "as-it-came";
  private keepAlive = true;
  private cookies = "";

  constructor(client: ClientConnection, owner: ConnectionOwner, request: Requested) {
    this.client = client;
    this.owner = owner;
    this.request = request;
  }

  /** Chooses a target and sends it the request's head. The body follows by `send`. */
  begin(action: CompiledAction & { type: "forward" }): void {
    const { settings } = this.owner;
    const sticky = stickyChoice(action, this.request);
    const group = sticky?.group ?? action.turns.next();
    const target = sticky?.target ?? group?.next();
    const address = target && settings.resolve(target.id, target.port);
    if (!group || !target || !address) {
      // Nobody registered, or nobody at the registered address: there a connection would never be made.
      this.fail(target ? 504 : 503);
      return;
    }
    this.cookies = stickinessCookies(action, group, target);
    settings.traffic.routed(group.arn);
    if (address.simulated) {
      settings.traffic.answered(group.arn, address.simulated.healthy ? 200 : 503, 0);
      this.client.answer(address.simulated.healthy ? 200 : 503, simulatedAnswer(address.simulated, this.cookies));
      return;
    }
    this.target = target;
    this.targetGroupArn = group.arn;
    this.sentAt = performance.now();
    target.outstanding++;
    this.connection = target.connections.take(address, this, settings.idleTimeout);
    const chunked = !this.client.requestComplete && this.request.headers.names.includes("transfer-encoding");
    const head = requestHeadForTarget(
      this.request.headers,
      this.request.pathAndQuery,
      this.request.hostHeader,
      {
        clientAddress: this.request.clientAddress,
        clientPort: this.client.socket.remotePort ?? 0,
        listenerPort: this.owner.port,
        attributes: settings.forwarding,
      },
      chunked,
    );
    this.connection.socket.write(head, "latin1");
  }

  /** Bytes of the client's request body, or of the upgraded connection. */
  send(bytes: Buffer): void {
    if (this.connection && !this.connection.socket.write(bytes)) this.client.socket.pause();
  }

  drained(): void {
    this.client.socket.resume();
  }

  clientDrained(): void {
    this.connection?.socket.resume();
  }

  /** The client is gone: the target needn't finish. */
  clientGone(): void {
    this.connection?.abandon();
    this.letGo();
  }

  clientEnded(): void {
    this.connection?.socket.end();
  }

  received(bytes: Buffer): void {
    if (this.upgraded) {
      this.write(bytes);
      return;
    }
    try {
      if (this.head) this.receiveBody(bytes, 0);
      else this.receiveHead(this.partialHead ? Buffer.concat([this.partialHead, bytes]) : bytes);
    } catch (error) {
      // "The target response is malformed or contains HTTP headers that are not valid."
      if (!(error instanceof MalformedMessage)) throw error;
      this.fail(502);
    }
  }

  ended(): void {
    this.connection = undefined;
    if (this.upgraded) {
      this.letGo();
      this.client.socket.end();
    } else if (this.body?.kind === "until-close") this.finish(false);
    else this.fail(502);
  }

  failed(reason: "refused" | "connect-timeout" | "reset"): void {
    this.connection = undefined;
    if (reason !== "reset") this.owner.settings.traffic.connectionFailed(this.targetGroupArn);
    this.fail(reason === "connect-timeout" ? 504 : 502);
  }

  /** No (further) answer will come from the target. A client that has got a part of it can only be cut off. */
  fail(status: number): void {
    this.connection?.abandon();
    this.letGo();
    if (this.answering) this.client.socket.destroy();
    else this.client.refuseWith(status);
  }

  private receiveHead(bytes: Buffer): void {
    const end = bytes.indexOf(endOfHead);
    if (Math.max(end, end < 0 ? bytes.length : 0) > maximumResponseHead)
      throw new MalformedMessage(502, "the head of the answer is longer than 32 KB");
    if (end < 0) {
      this.partialHead = bytes;
      return;
    }
    this.partialHead = undefined;
    const head = parseResponseHead(bytes.toString("latin1", 0, end));
    const rest = end + endOfHead.length;
    if (head.status === 101) {
      this.upgrade(head, bytes.subarray(rest));
      return;
    }
    if (head.status < 200) {
      // The client has been told to continue already, and other interim answers are optional.
      if (rest < bytes.length) this.receiveHead(bytes.subarray(rest));
      return;
    }
    this.head = head;
    this.countAnswer(head.status);
    this.body = responseBody(head, this.request.method);
    this.keepAlive = this.client.keepsAlive();
    this.coding = this.codingFor(this.body);
    this.answering = true;
    const connection = this.keepAlive ? "keep-alive" : "close";
    const text = responseHeadForClient(head, this.coding, connection, this.cookies);
    if (this.coding === "as-it-came" && bytes.length - rest <= smallBody) {
      const bodyEnd = this.body.done ? rest : this.body.read(bytes, rest);
      this.write(text + bytes.toString("latin1", rest, bodyEnd));
      if (this.body.done) this.finish(bodyEnd === bytes.length);
      return;
    }
    this.write(text);
    this.receiveBody(bytes, rest);
  }

  private codingFor(body: Body): BodyCoding {
    if (body.kind === "length") return "as-it-came";
    if (this.request.minor === 1) return body.kind === "until-close" ? "add-chunks" : "as-it-came";
    // An HTTP/1.0 client doesn't know chunks: it reads until the connection is closed.
    this.keepAlive = false;
    return body.kind === "chunked" ? "remove-chunks" : "as-it-came";
  }

  private receiveBody(bytes: Buffer, offset: number): void {
    const { body } = this;
    if (!body) return;
    const content: Buffer[] | undefined = this.coding === "as-it-came" ? undefined : [];
    const end = body.read(bytes, offset, content);
    if (!content) {
      if (end > offset) this.write(offset === 0 && end === bytes.length ? bytes : bytes.subarray(offset, end));
    } else {
      this.client.socket.cork();
      for (const part of content) {
        if (this.coding === "add-chunks") this.write(`${part.length.toString(16)}\r\n`);
        this.write(part);
        if (this.coding === "add-chunks") this.write("\r\n");
      }
      this.client.socket.uncork();
    }
    if (body.done) this.finish(end === bytes.length);
  }

  private write(data: string | Buffer): void {
    const { socket } = this.client;
    const accepted = typeof data === "string" ? socket.write(data, "latin1") : socket.write(data);
    if (!accepted) this.connection?.socket.pause();
  }

  /** The answer is complete; `clean` when nothing came after it. */
  private finish(clean: boolean): void {
    const { connection, target, head } = this;
    if (this.coding === "add-chunks") this.write("0\r\n\r\n");
    if (connection && target && head) {
      const reusable =
        clean && head.minor === 1 && !headerLists(head, "connection", "close") && this.client.requestComplete;
      connection.socket.resume();
      if (reusable) target.connections.release(connection);
      else connection.abandon();
    }
    this.letGo();
    this.client.answerComplete(this.keepAlive);
  }

  private upgrade(head: ResponseHead, rest: Buffer): void {
    if (header(this.request.headers, "upgrade") === undefined)
      throw new MalformedMessage(502, "the target switches protocols without being asked to");
    this.countAnswer(head.status);
    this.upgraded = true;
    this.answering = true;
    this.write(responseHeadForClient(head, "as-it-came", "upgrade", this.cookies));
    if (rest.length > 0) this.write(rest);
    const early = this.client.takeWaiting();
    if (early) this.send(early);
    this.client.socket.resume();
  }

  private countAnswer(status: number): void {
    this.owner.settings.traffic.answered(this.targetGroupArn, status, (performance.now() - this.sentAt) / 1000);
  }

  private letGo(): void {
    this.connection = undefined;
    if (this.target) this.target.outstanding--;
    this.target = undefined;
  }
}
