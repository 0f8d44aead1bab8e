import { connect, type Socket } from "node:net";
import type { RealAddress } from "../network.ts";

/** Who uses a connection to a target at the moment. Exactly one of `ended` and `failed` is called, and nothing after it. */
export interface ConnectionUser {
  received(bytes: Buffer): void;
  /** The target takes more bytes again. */
  drained(): void;
  /** The target closed its side after what was received. */
  ended(): void;
  failed(reason: "refused" | "connect-timeout" | "reset"): void;
}

/** "The load balancer failed to establish a connection to the target before the connection timeout expired (10 seconds)." */
const connectTimeout = 10_000;

/** One TCP connection to a target: with a user while a request is under way, idle in the pool otherwise. */
export class TargetConnection {
  readonly socket: Socket;
  user: ConnectionUser | undefined;

  constructor(
    address: RealAddress,
    user: ConnectionUser,
    idleTimeout: number,
    closed: (self: TargetConnection) => void,
  ) {
    this.user = user;
    this.socket = connect({ ...address, noDelay: true, autoSelectFamily: false });
    let connected = false;
    this.socket.setTimeout(connectTimeout);
    this.socket.once("connect", () => {
      connected = true;
      this.socket.setTimeout(idleTimeout);
    });
    this.socket.on("timeout", () => {
      if (!connected) this.fail("connect-timeout");
      // While a request is under way, the client's connection keeps the time for both.
      else if (this.user === undefined) this.socket.destroy();
    });
    this.socket.on("data", (bytes: Buffer) => {
      if (this.user) this.user.received(bytes);
      else this.socket.destroy();
    });
    this.socket.on("drain", () => this.user?.drained());
    this.socket.on("end", () => {
      closed(this);
      this.detach()?.ended();
      this.socket.destroy();
    });
    this.socket.on("error", () => this.fail(connected ? "reset" : "refused"));
    this.socket.on("close", () => {
      closed(this);
      this.fail("reset");
    });
  }

  /** Ends the connection at once; its user isn't told. */
  abandon(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  fail(reason: "refused" | "connect-timeout" | "reset"): void {
    this.socket.destroy();
    this.detach()?.failed(reason);
  }

  private detach(): ConnectionUser | undefined {
    const user = this.user;
    this.user = undefined;
    return user;
  }
}

/** The kept connections to one target. The most recently used one is taken first, so that the others may go idle. */
export class TargetConnections {
  private readonly all = new Set<TargetConnection>();
  private readonly idle: TargetConnection[] = [];
  private keeping = true;

  /** An idle connection, or a new one that takes writes at once. `idleTimeout` is in milliseconds. */
  take(address: RealAddress, user: ConnectionUser, idleTimeout: number): TargetConnection {
    const kept = this.idle.pop();
    if (kept) {
      kept.user = user;
      return kept;
    }
    const connection = new TargetConnection(address, user, idleTimeout, (closed) => this.forget(closed));
    this.all.add(connection);
    return connection;
  }

  /** Back into the pool, after a complete answer to a complete request. */
  release(connection: TargetConnection): void {
    connection.user = undefined;
    if (this.keeping && this.all.has(connection)) this.idle.push(connection);
    else connection.socket.destroy();
  }

  /** Closes idle connections now, and the others as they become idle: the target gets nothing new. */
  stopKeeping(): void {
    this.keeping = false;
    for (const connection of [...this.idle]) connection.socket.destroy();
  }

  resumeKeeping(): void {
    this.keeping = true;
  }

  /** Cuts every connection, requests under way included. */
  cut(): void {
    this.stopKeeping();
    for (const connection of [...this.all]) connection.fail("reset");
  }

  private forget(connection: TargetConnection): void {
    this.all.delete(connection);
    const index = this.idle.indexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
  }
}
