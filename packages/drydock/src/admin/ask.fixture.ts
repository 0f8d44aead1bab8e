import { request } from "node:http";

interface Answer {
  status: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: looked at by matchers
  body: any;
}

/** Asks the admin API, with headers that fetch would not let through. */
export function ask(
  endpoint: string,
  method: string,
  path: string,
  options: { body?: unknown; headers?: object } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const asked = request(new URL(`/_drydock/${path}`, endpoint), { method, headers: { ...options.headers } });
    asked.on("error", reject);
    asked.on("response", async (response) => {
      const text = (await response.toArray()).join("");
      resolve({ status: response.statusCode, body: JSON.parse(text) });
    });
    asked.end(typeof options.body === "string" ? options.body : JSON.stringify(options.body));
  });
}
