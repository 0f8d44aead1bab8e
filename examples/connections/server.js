// Who has met whom, as JSON.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { database } from "./database.js";

const { version } = JSON.parse(await readFile(new URL("package.json", import.meta.url), "utf8"));

const routes = {
  async "GET /"() {
    const { rows } = await database.query("SELECT max(name) AS schema FROM migrations");
    return [200, { version, schema: rows[0].schema }];
  },
  async "GET /connections"() {
    const { rows } = await database.query("SELECT person, met, at FROM connections ORDER BY id DESC LIMIT 50");
    return [200, rows];
  },
  async "POST /connections"(request) {
    const { person, met } = await json(request).catch(() => ({}));
    if (typeof person !== "string" || typeof met !== "string")
      return [400, { error: 'Send {"person": "Ada", "met": "Grace"}.' }];
    await database.query("INSERT INTO connections (person, met) VALUES ($1, $2) ON CONFLICT DO NOTHING", [person, met]);
    return [201, { person, met }];
  },
  // The load balancer asks here whether this task can serve: only while the database answers it can.
  async "GET /healthz"() {
    await database.query("SELECT 1");
    return [200, { healthy: true }];
  },
};

async function answer(request) {
  const [pathname] = request.url.split("?");
  const route = routes[`${request.method} ${pathname}`];
  if (route === undefined) return [404, { error: "There is nothing here." }];
  try {
    return await route(request);
  } catch (error) {
    console.error(error.message);
    return [503, { error: "The database does not answer." }];
  }
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
});

// An idle connection must be closed by the load balancer (after 60 s) and not by us: else a request that is just on its
// way on it would fail.
server.keepAliveTimeout = 75_000;

// The port is ECS's to choose.
server.listen(process.env.PORT ?? 8080, () => console.log(`${version} serves on port ${server.address().port}.`));

// ECS asks a task to stop with SIGTERM. Requests that have begun are answered; then the process ends by itself.
process.on("SIGTERM", () => {
  console.log("Stopping: finishing what has begun.");
  server.close(() => database.end());
});
