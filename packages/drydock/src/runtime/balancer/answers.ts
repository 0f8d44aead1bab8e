import { STATUS_CODES } from "node:http";
import type { SimulatedTarget } from "../network.ts";

// ALB's own codes, which no registry lists.
const ownReasons: Record<number, string> = { 460: "Client Closed Request", 463: "Too Many Forwarded IPs" };

/** An answer made by the load balancer itself, head and body. */
export function ownAnswer(
  status: number,
  options: { connection: "keep-alive" | "close"; withBody: boolean; headers?: string; body?: string; type?: string },
): string {
  const reason = STATUS_CODES[status] ?? ownReasons[status] ?? "";
  const body = options.body ?? errorPage(`${status} ${reason}`);
  const type = body === "" ? "" : `Content-Type: ${options.type ?? "text/html"}\r\n`;
  return (
    `HTTP/1.1 ${status} ${reason}\r\nServer: awselb/2.0\r\nDate: ${new Date().toUTCString()}\r\n${type}` +
    `Content-Length: ${Buffer.byteLength(body, "latin1")}\r\n${options.headers ?? ""}Connection: ${options.connection}\r\n\r\n` +
    (options.withBody ? body : "")
  );
}

/** What is said for a target without a process: that nobody is there. `cookies` are header lines. */
export function simulatedAnswer({ task }: SimulatedTarget, cookies: string) {
  return {
    type: "text/plain",
    headers: `X-Drydock-Simulated: ${task}\r\n${cookies}`,
    body: `This task is simulated, so no app has answered: ${task}\n`,
  };
}

function errorPage(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}
