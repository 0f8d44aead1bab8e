import { createServer, type Server, type Socket } from "node:net";
import { ClientConnection, type ConnectionOwner } from "./client-connection.ts";
import type { ListenerSettings } from "./listener-settings.ts";

/** A load balancer's listener: a port of this machine, open to clients. */
export class Listener implements ConnectionOwner {
  settings: ListenerSettings;
  closing = false;
  port = 0;
  private closed: Promise<void> | undefined;
  private readonly server: Server;
  private readonly connections = new Set<ClientConnection>();

  constructor(settings: ListenerSettings) {
    this.settings = settings;
    // A client may close its sending side first; ClientConnection decides what that means.
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket));
  }

  /** Opens the first free port of `candidates` on 127.0.0.1 (0: any). Throws when none is free. */
  async open(candidates: Iterable<number>): Promise<number> {
    for (const port of candidates) {
      if (await this.listens(port)) return this.port;
    }
    throw new Error("no free port on 127.0.0.1 for a load balancer's listener");
  }

  /** Takes nothing new: idle connections are closed now, the others after the answer under way. Kept when all are. */
  close(): Promise<void> {
    this.closing = true;
    this.closed ??= new Promise((resolve) => this.server.close(() => resolve()));
    for (const connection of this.connections) if (connection.idle) connection.close();
    return this.closed;
  }

  /** Closes without waiting for anybody. */
  destroy(): Promise<void> {
    const closed = this.close();
    for (const connection of this.connections) connection.socket.destroy();
    return closed;
  }

  private listens(port: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(false);
        else reject(error);
      };
      this.server.once("error", failed);
      this.server.listen({ port, host: "127.0.0.1", backlog: 1024 }, () => {
        this.server.off("error", failed);
        const address = this.server.address();
        this.port = address !== null && typeof address === "object" ? address.port : port;
        resolve(true);
      });
    });
  }

  private accept(socket: Socket): void {
    const connection = new ClientConnection(socket, this);
    this.connections.add(connection);
    socket.once("close", () => this.connections.delete(connection));
  }
}
