import { AwsError } from "../errors.ts";
import { checkConstraints } from "../protocols/constraints.ts";
import { type OperationModel, readServiceModel, type ServiceModel } from "../protocols/model.ts";
import { type InputProblem, validateInput } from "../protocols/validate.ts";
import type { Region } from "../region.ts";
import type { Caller, Route, ServiceDefinition } from "../service.ts";
import { routePrefixes, type ServiceName, services } from "../services/index.ts";

type Handler = (input: Record<string, unknown>, caller: Caller) => unknown;

/** A service in use: its handlers made and its background work begun; its wire model read when first asked for. */
export class LoadedService {
  readonly name: string;
  private readonly definition: ServiceDefinition;
  private readonly handlers: Record<string, Handler | undefined>;
  private wireModel: Promise<ServiceModel> | undefined;

  constructor(definition: ServiceDefinition, region: Region) {
    this.name = definition.name;
    this.definition = definition;
    this.handlers = definition.operations(region) as Record<string, Handler | undefined>;
  }

  model(): Promise<ServiceModel> {
    this.wireModel ??= this.definition.load().then((client) => readServiceModel(client as object));
    return this.wireModel;
  }

  /** Validates the input and runs the operation's handler. */
  async invoke(
    operation: OperationModel,
    input: Record<string, unknown>,
    caller: Caller,
  ): Promise<Record<string, unknown>> {
    const handler = this.handlers[operation.name];
    if (!handler) {
      const message = `drydock does not build ${this.name}:${operation.name}. docs/drydock.md lists what it does.`;
      throw new AwsError("NotImplemented", message, { status: 501 });
    }
    const problems = validateInput(operation.input, input);
    const { constraints } = this.definition;
    if (problems.length === 0 && constraints) problems.push(...checkConstraints(constraints, operation, input));
    if (problems.length > 0) throw this.validationError(await this.model(), problems);
    return ((await handler(input, caller)) ?? {}) as Record<string, unknown>;
  }

  private validationError(model: ServiceModel, problems: InputProblem[]): AwsError {
    const [first] = problems;
    if (model.protocol === "ec2Query" && first?.kind === "missing") {
      const parameter = `${first.path.charAt(0).toUpperCase()}${first.path.slice(1)}`;
      return new AwsError("MissingParameter", `The request must contain the parameter ${parameter}`);
    }
    if (model.protocol === "restXml") {
      // What is wrong inside a structure is wrong in the body's XML.
      return new AwsError(first?.path.includes(".") ? "MalformedXML" : "InvalidArgument", first?.message ?? "");
    }
    if (first?.kind === "type" && model.protocol.startsWith("awsJson")) {
      return new AwsError("SerializationException", first.message);
    }
    const code =
      this.definition.validationErrorCode ??
      (model.protocol === "awsQuery" ? "ValidationError" : "ValidationException");
    const count = `${problems.length} validation error${problems.length === 1 ? "" : "s"} detected: `;
    return new AwsError(code, count + problems.map((problem) => problem.message).join("; "));
  }
}

/** Loads services when they are first needed, once each. */
export class ServiceHost {
  readonly region: Region;
  private readonly loaded = new Map<string, Promise<LoadedService>>();
  private readonly routes = new Map<string, Promise<Route[]>>();

  constructor(region: Region) {
    this.region = region;
  }

  /** By signing name; undefined when the region has no such service. */
  find(name: string): Promise<LoadedService> | undefined {
    const load = services[name as ServiceName] as (() => Promise<ServiceDefinition>) | undefined;
    if (!load || !Object.hasOwn(services, name)) return undefined;
    let service = this.loaded.get(name);
    if (!service) {
      service = load().then((definition) => this.begin(definition));
      this.loaded.set(name, service);
      service.catch(() => this.loaded.delete(name));
    }
    return service;
  }

  private async begin(definition: ServiceDefinition): Promise<LoadedService> {
    const service = new LoadedService(definition, this.region);
    await definition.start?.(this.region);
    return service;
  }

  /** The raw routes of the service that owns the path's first part. */
  routesFor(path: string): Promise<Route[]> {
    const prefix = `/${path.split("/")[1]}/`;
    const name = Object.hasOwn(routePrefixes, prefix) ? routePrefixes[prefix] : undefined;
    if (!name) return Promise.resolve([]);
    let routes = this.routes.get(name);
    if (!routes) {
      routes = this.loadRoutes(name);
      this.routes.set(name, routes);
      routes.catch(() => this.routes.delete(name));
    }
    return routes;
  }

  private async loadRoutes(name: ServiceName): Promise<Route[]> {
    await this.find(name);
    const definition = await services[name]?.();
    return definition?.routes?.(this.region) ?? [];
  }
}
