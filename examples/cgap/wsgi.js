// The portal: the API, with the pages left out. The indexer, the deployment task and who submits files all talk to it.
import { createServer } from "node:http";
import { version } from "./version.js";

// From the secret `application`, every key of which is a variable.
const { ENV_NAME = "without a name", INGESTION_QUEUE } = process.env;

const server = createServer(async (request, response) => {
  const [, first, second] = request.url.split("?")[0].split("/");
  const answer = routes[`${request.method} /${first}`];
  try {
    const [status, body] = answer ? await answer(second, request) : [404, { error: "There is nothing here." }];
    send(response, status, body);
  } catch (error) {
    console.error(error.message);
    send(response, 503, { error: "Try again." });
  }
});

const actions = ["create-mapping", "load-items"];

const routes = {
  "GET /": () => [200, { portal: ENV_NAME, version }],
  // The load balancer asks here whether this task can serve.
  "GET /health": () => [200, { status: "up", version }],
  // The indexer asks for this again and again.
  "POST /index": () => [200, { indexed: 0, version }],
  // The deployment task asks for these, one after the other.
  "POST /actions": (name) =>
    actions.includes(name) ? [200, { done: name, version }] : [404, { error: `There is no action ${name}.` }],
  "POST /submissions": async (name) => [202, { submission: name, message: await enqueue(name) }],
};

let client;

/** Hands a submission over to the ingester. */
async function enqueue(name) {
  // Most tasks never need it, and it is the biggest part of them.
  const { SQS } = await import("@aws-sdk/client-sqs");
  client ??= new SQS();
  const { MessageId } = await client.sendMessage({ QueueUrl: INGESTION_QUEUE, MessageBody: name });
  return MessageId;
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}

// An idle connection must be closed by the load balancer (after 60 s) and not by us: else a request that is just on its
// way on it would fail.
server.keepAliveTimeout = 75_000;

// The port is ECS's to choose.
server.listen(process.env.PORT ?? 8000, () => console.log(`Portal ${ENV_NAME}, version ${version}.`));

process.on("SIGTERM", () => server.close());
