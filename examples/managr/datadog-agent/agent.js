// Stands in for Datadog's agent where nothing can be reported to Datadog: takes traces and metrics by the same
// interfaces, and writes a line for each.
import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

// Containers of a task share one network, so nobody else has to reach these. PORT_… is what a container's port is on a
// machine where several tasks have to share the ports.
const host = "127.0.0.1";
const tracePort = Number(process.env.PORT_8126 ?? 8126);
const metricPort = Number(process.env.PORT_8125 ?? 8125);

const traces = createServer(async (request, response) => {
  if (request.method !== "PUT" || request.url !== "/v0.3/traces") return response.writeHead(404).end();
  try {
    for (const { service, resource, duration, error, meta } of (await json(request)).flat()) {
      const outcome = error ? "failed" : "done";
      console.log(`trace ${service} env:${meta.env} "${resource}" ${outcome} in ${(duration / 1e6).toFixed(1)} ms`);
    }
    response.end("OK\n");
  } catch (error) {
    response.writeHead(400).end(`${error.message}\n`);
  }
});
const metrics = createSocket("udp4").on("message", (datagram) => console.log(`metric ${datagram}`));

traces.listen(tracePort, host, () => console.log("Taking traces."));
metrics.bind(metricPort, host, () => console.log("Taking metrics."));

process.on("SIGTERM", () => {
  metrics.close();
  traces.close();
  traces.closeAllConnections();
});
