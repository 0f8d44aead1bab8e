import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline as pipe, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Administered, administer, adminPrefix } from "../admin/admin.ts";
import { AwsError } from "../errors.ts";
import { ConnectionDropped, carryOutUnderFaults } from "../faults/strike-call.ts";
import { pathWithBucket } from "../protocols/bucket-host.ts";
import { awsJson } from "../protocols/json.ts";
import type { ProtocolName, ServiceModel } from "../protocols/model.ts";
import type { Protocol, WireRequest, WireResponse } from "../protocols/protocol.ts";
import { awsQuery, ec2Query } from "../protocols/query.ts";
import { restJson } from "../protocols/rest-json.ts";
import { restXml } from "../protocols/rest-xml.ts";
import { datesToRegion, datesToWall } from "../scaled-clock.ts";
import type { Caller, Route } from "../service.ts";
import { storageProblem } from "../store/storage-problem.ts";
import { readSignature } from "./authorization.ts";
import { AwsChunkedDecoder, readBody } from "./body.ts";
import type { LoadedService, ServiceHost } from "./host.ts";

const protocols: { [Name in ProtocolName]?: Protocol } = {
  awsJson1_0: awsJson("1.0"),
  awsJson1_1: awsJson("1.1"),
  awsQuery,
  ec2Query,
  restXml,
  restJson1: restJson,
};

/** What is behind the port at the moment: a reset puts another region there. */
export interface Gated {
  readonly host: ServiceHost;
  readonly administered: Administered;
}

/** The one HTTP port that speaks every AWS protocol, and the raw routes beside them. */
export function createGateway(gated: () => Promise<Gated>, log: (message: string) => void): Server {
  const server = createServer((request, response) => {
    handle(gated, request, response).catch((error) => {
      if (error instanceof ConnectionDropped) {
        request.socket.destroy();
        return;
      }
      const requestId = randomUUID();
      const refusal = refuse(asAwsError(error, `gateway: ${request.method} ${request.url}`, log), requestId);
      if (response.headersSent) response.destroy();
      else send(response, refusal, requestId);
    });
  });
  // SDK clients keep idle connections; the server must not be the side that closes first.
  server.keepAliveTimeout = 120_000;
  // An upload may take as long as it takes.
  server.requestTimeout = 0;
  return server;
}

async function handle(gated: () => Promise<Gated>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { host, administered } = await gated();
  const url = requestUrl(request);
  const signature = readSignature(request.headers.authorization, url.searchParams);
  const requestId = randomUUID();
  if (!signature) {
    if (url.pathname.startsWith(adminPrefix)) return administer(request, response, url.pathname, administered);
    const route = await findRoute(host, url.pathname);
    if (route) return void (await route.handle(request, response));
  }
  const wire = wireRequest(request, url);
  if (signature?.service === "s3") wire.path = pathWithBucket(request.headers.host, wire.path);
  const name = signature?.service ?? (await unsignedService(wire));
  const service = name === undefined ? undefined : await host.find(name);
  if (!service) return send(response, refuseService(name, requestId), requestId);
  const caller = { accessKeyId: signature?.accessKeyId, requestId, gone: hangUp(response) };
  await send(response, await answer(service, wire, caller, host), requestId);
}

/** Its path is as it came: a URL relative to a base would take what follows a leading `//` for a host. */
function requestUrl({ url = "/" }: IncomingMessage): URL {
  const text = url.startsWith("/") ? `http://region${url}` : url === "*" ? "http://region/" : url;
  if (URL.canParse(text)) return new URL(text);
  throw new AwsError("InvalidURI", "The request's URI can't be parsed.");
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
  caller: Caller,
  host: ServiceHost,
): Promise<WireResponse> {
  const model = await service.model();
  const protocol = protocols[spokenProtocol(request, model)];
  if (!protocol) throw new Error(`${service.name} speaks ${model.protocol}, which drydock does not`);
  try {
    const operation = await protocol.route(request, model);
    if (!operation) {
      throw new AwsError("UnknownOperationException", `${service.name} has no operation for this request.`, {
        status: 404,
      });
    }
    const { clock } = host.region;
    const input = datesToRegion(clock, await protocol.parse(request, operation));
    const call = { service: service.name, protocol: model.protocol, operation: operation.name };
    const output = await carryOutUnderFaults(host.region, call, () => service.invoke(operation, input, caller));
    return protocol.result(operation, datesToWall(clock, output), model, caller.requestId);
  } catch (error) {
    if (error instanceof ConnectionDropped) throw error;
    return protocol.error(asAwsError(error, service.name, host.region.log), model, caller.requestId);
  }
}

/** Clients of a service from before it spoke JSON still send it forms. */
function spokenProtocol({ headers, query }: WireRequest, { protocol, queryCompatible }: ServiceModel): ProtocolName {
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded") || query.has("Action");
  return queryCompatible && isForm ? "awsQuery" : protocol;
}

/** Aborted when the client goes away before it has its answer. */
function hangUp(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

function asAwsError(error: unknown, where: string, log: (message: string) => void): AwsError {
  if (error instanceof AwsError) return error;
  log(`${where}: ${(error as Error).stack}`);
  const problem = storageProblem(error);
  // Of the 5xx one that no SDK repeats: it would only take longer to be told.
  if (problem !== undefined) {
    const message = `drydock can't keep its state: ${problem}. Make it writable, or make room, then call again.`;
    return new AwsError("StateNotWritable", message, { status: 507 });
  }
  const message = "drydock failed inside; its log in the state directory has the reason.";
  return new AwsError("InternalFailure", message, { status: 500 });
}

async function findRoute(host: ServiceHost, path: string): Promise<Route | undefined> {
  const routes = await host.routesFor(path);
  return routes.find((route) => path.startsWith(route.prefix) || `${path}/` === route.prefix);
}

function refuseService(name: string | undefined, requestId: string): WireResponse {
  const unsigned = "The request is not signed, and no unsigned call is known by this path.";
  if (name === undefined)
    return refuse(new AwsError("MissingAuthenticationToken", unsigned, { status: 403 }), requestId);
  const message = `drydock has no service that signs as "${name}". docs/drydock.md lists what there is.`;
  return refuse(new AwsError("UnsupportedService", message, { status: 501 }), requestId);
}

/** An answer for a request that is no service's. */
function refuse({ code, message, status = 400 }: AwsError, requestId: string): WireResponse {
  const body = JSON.stringify({ __type: code, message, requestId });
  return { status, headers: { "content-type": "application/x-amz-json-1.1" }, body };
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
    stream: () => (chunked ? pipe(request, new AwsChunkedDecoder(decodedLength(request)), () => {}) : request),
  };
}

function decodedLength(request: IncomingMessage): number | undefined {
  const said = request.headers["x-amz-decoded-content-length"];
  return typeof said === "string" && /^\d{1,15}$/.test(said) ? Number(said) : undefined;
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
