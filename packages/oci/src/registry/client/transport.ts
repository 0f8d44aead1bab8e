import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { pipeline, type Readable } from "node:stream";

/** Content of known length that can be read again when a request has to be repeated. */
export interface RequestBody {
  /** Bytes. */
  length: number;
  open(): Readable | Promise<Readable>;
}

export interface TransportRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: RequestBody | undefined;
}

/** Sends single HTTP requests over kept-alive connections. Rejects with the socket's error; any status is an answer. */
export interface Transport {
  send(request: TransportRequest): Promise<IncomingMessage>;
  close(): void;
}

/** Without a byte for this long the connection is given up: registries verify large uploads before they answer. */
const idleMilliseconds = 120_000;

/**
 * node:http instead of fetch: an upload is streamed with its Content-Length (fetch would send it chunked, which ECR's
 * storage does not take), and an answer that comes before the whole body was sent is seen.
 */
export function createTransport(): Transport {
  const plain = new HttpAgent({ keepAlive: true });
  const secure = new HttpsAgent({ keepAlive: true });

  return {
    async send({ method, url, headers, body }) {
      const content = await body?.open();
      return new Promise((resolve, reject) => {
        const length = body?.length ?? 0;
        const options = {
          method,
          headers: method === "GET" || method === "HEAD" ? headers : { ...headers, "content-length": String(length) },
          timeout: idleMilliseconds,
        };
        const request =
          url.protocol === "http:"
            ? httpRequest(url, { ...options, agent: plain })
            : httpsRequest(url, { ...options, agent: secure });
        request.on("error", reject);
        request.on("timeout", () => request.destroy(idleError()));
        request.on("response", (response) => {
          // An answer before the end of the body is a refusal: once it is read, the rest need not be sent.
          response.once("end", () => {
            if (!request.writableEnded) request.destroy();
          });
          resolve(response);
        });
        if (content === undefined) request.end();
        else pipeline(content, request, (error) => error && reject(error));
      });
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

function idleError(): Error {
  return Object.assign(new Error(`no answer for ${idleMilliseconds / 1000} seconds`), { code: "ETIMEDOUT" });
}

/** Reads a small answer into memory; throws beyond `limit` bytes. */
export async function readResponse(response: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > limit) throw new Error(`the answer is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An answer nobody reads is at most this long; beyond it costs less to connect anew, and it may have no end. */
const longestDiscarded = 64 * 1024;

/** Reads an answer to its end without keeping it, so that its connection can be used again; a long one is broken off. */
export function discard(response: IncomingMessage): void {
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > longestDiscarded) response.destroy();
  });
}
