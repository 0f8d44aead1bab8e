// The back end, /api, and the front end that was built into public/.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { json } from "node:stream/consumers";
import { database } from "./database.js";
import { count, traced } from "./tracing.js";

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** The front end's files by the path they are asked for. */
const files = new Map(
  readdirSync("public", { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => [file.slice("public".length), { body: readFileSync(file), type: types[extname(file)] }]),
);
files.set("/", files.get("/index.html"));

const api = {
  async "GET /api/leads"() {
    const { rows } = await database.query("SELECT id, company, employees, score FROM leads ORDER BY id DESC LIMIT 20");
    return [200, rows];
  },
  async "POST /api/leads"(request) {
    const { company, employees } = (await json(request).catch(() => undefined)) ?? {};
    if (typeof company !== "string" || company.trim() === "" || !Number.isSafeInteger(employees) || employees < 1)
      return [400, { error: "A lead has a company and a number of employees." }];
    const insert = "INSERT INTO leads (company, employees) VALUES ($1, $2) RETURNING id, company, employees, score";
    const { rows } = await database.query(insert, [company.trim(), Math.min(employees, 2 ** 31 - 1)]);
    count("managr.leads.added");
    return [201, rows[0]];
  },
};

const server = createServer(async (request, response) => {
  const [pathname] = request.url.split("?");
  const answer = api[`${request.method} ${pathname}`];
  try {
    if (answer !== undefined) {
      const [status, value] = await traced("http.request", `${request.method} ${pathname}`, () => answer(request));
      send(response, status, "application/json", JSON.stringify(value));
    } else if (pathname === "/healthz") {
      // The load balancer asks here whether this task can serve: only while the database answers it can.
      await database.query("SELECT 1");
      send(response, 200, "text/plain", "ok\n");
    } else {
      const file = files.get(pathname);
      send(response, file ? 200 : 404, file?.type ?? "text/plain", file?.body ?? "There is nothing here.\n");
    }
  } catch (error) {
    console.error(error.message);
    send(response, 503, "application/json", JSON.stringify({ error: "The database does not answer." }));
  }
});

function send(response, status, type, body) {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8` });
  response.end(body);
}

// An idle connection must be closed by the load balancer (after 60 s) and not by us: else a request that is just on its
// way on it would fail.
server.keepAliveTimeout = 75_000;

// The port is ECS's to choose.
server.listen(process.env.PORT ?? 8000, () => console.log(`Serving on port ${server.address().port}.`));

// ECS asks a task to stop with SIGTERM. Requests that have begun are answered; then the process ends by itself.
process.on("SIGTERM", () => {
  console.log("Stopping: finishing what has begun.");
  server.close(() => database.end());
});
