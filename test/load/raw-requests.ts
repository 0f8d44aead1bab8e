import { connect } from "node:net";
import { lossOf, messageOf, type Sending } from "./http-requests.ts";
import type { Outcome } from "./samples.ts";

/** What no modern client sends: bytes on a connection of their own, read to its end. */
async function exchange({ url, timeout }: Sending, request: (path: string, host: string) => string) {
  const { hostname, port, pathname, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const timer = setTimeout(
    () => socket.destroy(Object.assign(new Error("no answer"), { name: "AbortError" })),
    timeout,
  );
  socket.setEncoding("latin1").write(request(pathname.replace(/\/$/, ""), host), "latin1");
  let text = "";
  try {
    for await (const part of socket) text += part;
    return { text };
  } catch (error) {
    return { text, error: error as NodeJS.ErrnoException };
  } finally {
    clearTimeout(timer);
  }
}

const statuses = (text: string) => Array.from(text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm), ([, status]) => Number(status));

/** A GET by HTTP/1.0, without so much as a Host: the answer ends with its connection. */
export async function askByOldHttp(sending: Sending): Promise<Outcome> {
  const { text, error } = await exchange(sending, (path) => `GET ${path}/ HTTP/1.0\r\n\r\n`);
  const [status] = statuses(text);
  if (error || status === undefined) return brokenOff(text, error);
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (length !== undefined && body.length < Number(length))
    return { loss: "truncated", detail: `${body.length} of ${length} bytes` };
  return { status };
}

/** Three GETs written at once on one connection, the middle one slow: three answers, in their order. One sample for all. */
export async function askPipelined(sending: Sending): Promise<Outcome> {
  const { text, error } = await exchange(sending, (path, host) =>
    ["/", "/slow", "/"]
      .map(
        (asked, index) =>
          `GET ${path}${asked} HTTP/1.1\r\nHost: ${host}\r\n${index === 2 ? "Connection: close\r\n" : ""}\r\n`,
      )
      .join(""),
  );
  const answers = statuses(text);
  const failed = answers.find((status) => status !== 200);
  if (failed !== undefined) return { status: failed, detail: `answer ${answers.indexOf(failed) + 1} of 3` };
  if (error || answers.length < 3) return brokenOff(text, error);
  return text.lastIndexOf("after a while") > text.lastIndexOf("HTTP/1.1 200")
    ? { loss: "wrong", detail: "answers out of their order" }
    : { status: 200 };
}

function brokenOff(text: string, error: NodeJS.ErrnoException | undefined): Outcome {
  const broken = text === "" ? "reset" : "truncated";
  const detail = error ? messageOf(error) : `the connection ended after ${statuses(text).length} answers`;
  return { loss: error ? lossOf(error, broken) : broken, detail };
}
