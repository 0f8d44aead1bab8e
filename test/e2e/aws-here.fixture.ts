// Preloaded (`node --import`) into a command line that works on a named environment, which is never the embedded region: what
// it sends to AWS arrives at the embedded region whose address FARDEL_TEST_AWS holds. Nobody else may redirect it like that.
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";

const { hostname, port } = new URL(process.env.FARDEL_TEST_AWS ?? "");

https.request = ((options: RequestOptions, callback: (response: IncomingMessage) => void) => {
  const { agent: _, host, ...rest } = options;
  if (!host?.endsWith(".amazonaws.com")) throw new Error(`A test would have gone to ${host}.`);
  const there: RequestOptions = { ...rest, hostname, port };
  return http.request(there, callback);
}) as typeof https.request;
syncBuiltinESMExports();
