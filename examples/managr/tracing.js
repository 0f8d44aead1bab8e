// Tells the Datadog agent beside this container what was done and how long it took, over the agent's own interfaces:
// traces by HTTP (https://docs.datadoghq.com/tracing/guide/send_traces_to_agent_by_api/), counts by UDP
// (https://docs.datadoghq.com/extend/dogstatsd/datagram_shell/). The package dd-trace reads the same variables.
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";

const { DD_SERVICE: service = "managr", DD_ENV: stage = "none" } = process.env;
const traces = process.env.DD_TRACE_AGENT_URL && new URL("/v0.3/traces", process.env.DD_TRACE_AGENT_URL);
const counts = process.env.DD_DOGSTATSD_URL && new URL(process.env.DD_DOGSTATSD_URL);
const datagrams = createSocket("udp4").unref();
datagrams.on("error", ignored);

/** Does the work, and sends a span of it. */
export async function traced(name, resource, work) {
  const start = Date.now();
  const from = performance.now();
  let error = 1;
  try {
    const result = await work();
    error = 0;
    return result;
  } finally {
    const milliseconds = performance.now() - from;
    sendSpan({ name, resource, error, start: start * 1e6, duration: Math.round(milliseconds * 1e6) });
  }
}

/** Adds one to a counter. */
export function count(metric) {
  if (!counts) return;
  datagrams.send(`${metric}:1|c|#service:${service},env:${stage}`, Number(counts.port), counts.hostname, ignored);
}

/** `start` and `duration` are nanoseconds. */
function sendSpan(span) {
  if (!traces) return;
  const whole = {
    trace_id: randomInt(1, 2 ** 48 - 1),
    span_id: randomInt(1, 2 ** 48 - 1),
    service,
    meta: { env: stage },
  };
  const body = JSON.stringify([[{ ...whole, ...span }]]);
  const headers = { "content-type": "application/json", "x-datadog-trace-count": "1" };
  fetch(traces, { method: "PUT", headers, body, signal: AbortSignal.timeout(2000) })
    .then((response) => response.arrayBuffer())
    .catch(ignored);
}

/** An agent that is away takes nothing from the app. */
function ignored() {}
