import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import type { Rule } from "@aws-sdk/client-elastic-load-balancing-v2";
import { onTestFinished } from "vitest";
import { Listener } from "./listener.ts";
import type { ListenerSettings } from "./listener-settings.ts";
import { compileRules } from "./rules/rules.ts";
import { TargetGroup } from "./target-group.ts";
import { TrafficCounter } from "./traffic.ts";

export interface TestBalancer {
  port: number;
  listener: Listener;
  group: (arn: string) => TargetGroup;
  /** Replaces the rules, as a change by the API does. */
  setRules: (rules: Rule[]) => void;
}

/** A rule that sends everything to the target group `web`. */
export const everythingToWeb: Rule = {
  Priority: "default",
  IsDefault: true,
  Actions: [{ Type: "forward", TargetGroupArn: "web" }],
};

/** A listener on a free port; targets register with `group("web").set("127.0.0.1", port, "healthy")`. */
export async function startBalancer(
  rules: Rule[] = [everythingToWeb],
  settings: Partial<ListenerSettings> = {},
): Promise<TestBalancer> {
  const groups = new Map<string, TargetGroup>();
  const group = (arn: string) => {
    const known = groups.get(arn) ?? new TargetGroup(arn);
    groups.set(arn, known);
    return known;
  };
  const listener = new Listener({
    rules: compileRules(rules, group),
    idleTimeout: 60_000,
    clientKeepAlive: 3_600_000,
    forwarding: { forwardedFor: "append", clientPort: false, dropInvalidHeaders: false },
    dnsName: "localhost",
    resolve: (host, port) => ({ host, port }),
    realPort: (port) => port,
    traffic: new TrafficCounter(),
    ...settings,
  });
  const port = await listener.open([0]);
  onTestFinished(() => listener.destroy());
  const setRules = (changed: Rule[]) => {
    listener.settings = { ...listener.settings, rules: compileRules(changed, group) };
  };
  return { port, listener, group, setRules };
}

export interface TestTarget {
  port: number;
  server: Server;
  /** TCP connections accepted so far. */
  connections: () => number;
}

/** An HTTP server on a free port that keeps idle connections for longer than the load balancer does. */
export async function startTarget(handler: RequestListener): Promise<TestTarget> {
  const server = createServer({ keepAliveTimeout: 120_000 }, handler);
  let connections = 0;
  server.on("connection", () => connections++);
  const port = await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, server, connections: () => connections };
}

/** A target that does with its connections what no HTTP server would. */
export async function startRawTarget(connected: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    connected(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listening(server);
}

function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

/** A connection on which a test writes bytes and waits for what it expects to read. */
export class RawClient {
  readonly socket: Socket;
  received = "";
  closed = false;
  private readonly waiting = new Set<() => void>();

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.on("data", (bytes) => {
      this.received += bytes.toString("latin1");
      this.wake();
    });
    this.socket.on("error", () => {});
    this.socket.on("end", () => {
      this.closed = true;
      this.wake();
    });
    this.socket.on("close", () => {
      this.closed = true;
      this.wake();
    });
    onTestFinished(() => void this.socket.destroy());
  }

  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Everything read so far, once `pattern` is in it; it is then forgotten. Rejects when the connection ends before. */
  async read(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.closed) throw new Error(`closed after: ${JSON.stringify(this.received)}`);
      await this.change();
    }
    const text = this.received;
    this.received = "";
    return text;
  }

  /** Everything read until the connection's end. */
  async readAll(): Promise<string> {
    while (!this.closed) await this.change();
    return this.received;
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

export interface Answer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

/** One request on a connection of its own, by Node's client. */
export function ask(
  port: number,
  path = "/",
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, headers, body } = options;
    const request = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}
