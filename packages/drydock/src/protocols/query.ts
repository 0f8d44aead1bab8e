import { AwsError } from "../errors.ts";
import { readForm } from "./form.ts";
import { describeError, type Protocol, readText, type WireRequest } from "./protocol.ts";
import { element, escapeText, structureContent, xmlDocument } from "./xml.ts";

const headers = { "content-type": "text/xml" };

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export const awsQuery: Protocol = {
  async route(request, model) {
    return model.operations.get((await form(request)).get("Action") ?? "");
  },

  async parse(request, operation) {
    return readForm(await form(request), operation.input, false);
  },

  result(operation, output, model, requestId) {
    const content = operation.output.isUnitSchema()
      ? ""
      : element(`${operation.name}Result`, structureContent(operation.output, output));
    const metadata = element("ResponseMetadata", element("RequestId", requestId));
    return {
      status: 200,
      headers,
      body: xmlDocument(`${operation.name}Response`, content + metadata, model.xmlNamespace),
    };
  },

  error(error, model, requestId) {
    const { queryCode, status, fault } = describeError(error, model);
    const content = element(
      "Error",
      element("Type", fault) + element("Code", queryCode) + element("Message", escapeText(error.message)),
    );
    const body = xmlDocument("ErrorResponse", content + element("RequestId", requestId), model.xmlNamespace);
    return { status, headers, body };
  },
};

/** https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
export const ec2Query: Protocol = {
  route: awsQuery.route,

  async parse(request, operation) {
    return readForm(await form(request), operation.input, true);
  },

  result(operation, output, model, requestId) {
    // An operation without output answers <return>true</return>, as EC2 does.
    const content = operation.output.isUnitSchema()
      ? element("return", "true")
      : structureContent(operation.output, output);
    const body = xmlDocument(
      `${operation.name}Response`,
      element("requestId", requestId) + content,
      model.xmlNamespace,
    );
    return { status: 200, headers, body };
  },

  error(error, model, requestId) {
    const { queryCode, status } = describeError(error, model);
    const content = element("Error", element("Code", queryCode) + element("Message", escapeText(error.message)));
    const body = xmlDocument("Response", element("Errors", content) + element("RequestID", requestId));
    return { status, headers, body };
  },
};

async function form(request: WireRequest): Promise<URLSearchParams> {
  if (request.method === "GET") return request.query;
  const text = readText(await request.body(), "MalformedInput");
  if (text.length === 0 && request.query.size > 0) return request.query;
  if (text.trimStart().startsWith("{")) throw new AwsError("MalformedInput", "The body must be form-encoded.");
  return new URLSearchParams(text);
}
