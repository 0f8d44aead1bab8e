// Shows the rows that the worker writes: as a page, and as JSON at /rows.json.
import { createServer } from "node:http";
import { database } from "./database.js";

const server = createServer(async (request, response) => {
  try {
    const { pathname } = new URL(request.url, "http://localhost");
    const answer = routes[pathname] ?? notFound;
    await answer(response);
  } catch (error) {
    console.error(error.message);
    send(response, 503, "text/plain", "The database does not answer.\n");
  }
});

const routes = {
  async "/"(response) {
    send(response, 200, "text/html", page(await newestRows()));
  },
  async "/rows.json"(response) {
    send(response, 200, "application/json", JSON.stringify(await newestRows()));
  },
  // The load balancer asks here whether this task can serve: only while the database answers it can.
  async "/healthz"(response) {
    await database.query("SELECT 1");
    send(response, 200, "text/plain", "ok\n");
  },
};

async function notFound(response) {
  send(response, 404, "text/plain", "There is nothing here.\n");
}

async function newestRows() {
  const { rows } = await database.query("SELECT id, at, worker FROM ticks ORDER BY id DESC LIMIT 20");
  return rows;
}

function send(response, status, type, body) {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8` });
  response.end(body);
}

function page(rows) {
  const lines = rows.map(({ id, at, worker }) => `<tr><td>${id}<td>${at.toISOString()}<td>${worker}`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>quickstart</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: 0.2rem 0.6rem; border-bottom: 1px solid #ddd; }
</style>
<h1>It works</h1>
<p>A worker writes a row every second; these are the newest.</p>
<table>
<tr><th>id<th>at<th>worker
${lines.join("\n")}
</table>
`;
}

// An idle connection must be closed by the load balancer (after 60 s) and not by us: else a request that is just on its
// way on it would fail.
server.keepAliveTimeout = 75_000;

// The port is ECS's to choose.
server.listen(process.env.PORT ?? 3000, () => console.log(`Serving on port ${server.address().port}.`));

// ECS asks a task to stop with SIGTERM. Requests that have begun are answered; then the process ends by itself.
process.on("SIGTERM", () => {
  console.log("Stopping: finishing what has begun.");
  server.close(() => database.end());
});
