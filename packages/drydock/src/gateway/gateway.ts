import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline as pipe, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AwsError } from "../errors.ts";
import { pathWithBucket } from "../protocols/bucket-host.ts";
import { awsJson } from "../protocols/json.ts";
import type { ProtocolName } from "../protocols/model.ts";
import type { Protocol, WireRequest, WireResponse } from "../protocols/protocol.ts";
import { awsQuery, ec2Query } from "../protocols/query.ts";
import { restXml } from "../protocols/rest-xml.ts";
import type { Route } from "../service.ts";
import { readSignature } from "./authorization.ts";
import { AwsChunkedDecoder, readBody } from "./body.ts";
import type { LoadedService, ServiceHost } from "./host.ts";

const protocols: { [Name in ProtocolName]?: Protocol } = {
  awsJson1_0: awsJson("1.0"),
  awsJson1_1: awsJson("1.1"),
  awsQuery,
  ec2Query,
  restXml,
};

const statusPath = "/_drydock/status";

/** The one HTTP port that speaks every AWS protocol, and the raw routes beside them. */
export function createGateway(host: ServiceHost): Server {
  const server = createServer((request, response) => {
    handle(host, request, response).catch((error) => {
      host.region.log(`gateway: ${request.method} ${request.url}: ${(error as Error).stack}`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  // SDK clients keep idle connections; the server must not be the side that closes first.
  server.keepAliveTimeout = 120_000;
  // An upload may take as long as it takes.
  server.requestTimeout = 0;
  return server;
}

async function handle(host: ServiceHost, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://region");
  const signature = readSignature(request.headers.authorization, url.searchParams);
  const requestId = randomUUID();
  if (!signature) {
    if (url.pathname === statusPath) return sendStatus(host, response);
    const route = await findRoute(host, url.pathname);
    if (route) return void (await route.handle(request, response));
  }
  const wire = wireRequest(request, url);
  if (signature?.service === "s3") wire.path = pathWithBucket(request.headers.host, wire.path);
  const name = signature?.service ?? (await unsignedService(wire));
  const service = name === undefined ? undefined : await host.find(name);
  if (!service) return send(response, refuseService(name, requestId), requestId);
  const caller = { accessKeyId: signature?.accessKeyId, requestId };
  await send(response, await answer(service, wire, caller, host), requestId);
}

/** Who answers on this port: how `fardel local status` tells this region from whatever else may listen here. */
function sendStatus(host: ServiceHost, response: ServerResponse): void {
  const { name, accountId } = host.region;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ pid: process.pid, region: name, accountId }));
}

/** The only calls AWS takes unsigned, apart from public S3 objects, are those by which credentials are obtained. */
async function unsignedService(request: WireRequest): Promise<string | undefined> {
  if (request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const action = new URLSearchParams((await request.body()).toString()).get("Action");
    if (action?.startsWith("AssumeRoleWith")) return "sts";
  }
  return undefined;
}

async function answer(
  service: LoadedService,
  request: WireRequest,
  caller: { accessKeyId: string | undefined; requestId: string },
  host: ServiceHost,
): Promise<WireResponse> {
  const model = await service.model();
  const protocol = protocols[model.protocol];
  if (!protocol) throw new Error(`${service.name} speaks ${model.protocol}, which drydock does not`);
  try {
    const operation = await protocol.route(request, model);
    if (!operation) {
      throw new AwsError("UnknownOperationException", `${service.name} has no operation for this request.`, {
        status: 404,
      });
    }
    const input = await protocol.parse(request, operation);
    const output = await service.invoke(operation, input, caller);
    return protocol.result(operation, output, model, caller.requestId);
  } catch (error) {
    return protocol.error(asAwsError(error, service, host), model, caller.requestId);
  }
}

function asAwsError(error: unknown, service: LoadedService, host: ServiceHost): AwsError {
  if (error instanceof AwsError) return error;
  host.region.log(`${service.name}: ${(error as Error).stack}`);
  const message = "drydock failed inside; its log in the state directory has the reason.";
  return new AwsError("InternalFailure", message, { status: 500 });
}

async function findRoute(host: ServiceHost, path: string): Promise<Route | undefined> {
  const routes = await host.routesFor(path);
  return routes.find((route) => path.startsWith(route.prefix) || `${path}/` === route.prefix);
}

function refuseService(name: string | undefined, requestId: string): WireResponse {
  const [code, message] =
    name === undefined
      ? ["MissingAuthenticationToken", "The request is not signed, and no unsigned call is known by this path."]
      : ["UnsupportedService", `drydock has no service that signs as "${name}". docs/drydock.md lists what there is.`];
  const body = JSON.stringify({ __type: code, message, requestId });
  return { status: name === undefined ? 403 : 501, headers: { "content-type": "application/x-amz-json-1.1" }, body };
}

function wireRequest(request: IncomingMessage, url: URL): WireRequest {
  let body: Promise<Buffer> | undefined;
  const chunked =
    request.headers["content-encoding"]?.includes("aws-chunked") ||
    String(request.headers["x-amz-content-sha256"]).startsWith("STREAMING-");
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers as Record<string, string | undefined>,
    body: () => {
      body ??= readBody(request);
      return body;
    },
    // A pipeline, because a client that goes away must end the decoded stream too.
    stream: () => (chunked ? pipe(request, new AwsChunkedDecoder(), () => {}) : request),
  };
}

async function send(response: ServerResponse, answer: WireResponse, requestId: string): Promise<void> {
  const { status, headers, body } = answer;
  if (body instanceof Readable) {
    response.writeHead(status, { "x-amzn-requestid": requestId, "x-amz-request-id": requestId, ...headers });
    await pipeline(body, response).catch(() => response.destroy());
    return;
  }
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  response.writeHead(status, {
    "x-amzn-requestid": requestId,
    "x-amz-request-id": requestId,
    // A HEAD answer's length is that of the body it leaves out.
    ...(headers["content-length"] === undefined && { "content-length": String(bytes.length) }),
    ...headers,
  });
  response.end(bytes);
}
