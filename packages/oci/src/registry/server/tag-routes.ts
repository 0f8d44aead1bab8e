import type { Exchange } from "./exchange.ts";
import { RegistryError } from "./registry-error.ts";

/** GET tags/list: in lexical order, `n` at a time after `last`; a Link header leads to the next page. */
export async function listTagsRoute({ request, response, repository, query, storage }: Exchange): Promise<void> {
  const count = query.get("n");
  if (count !== null && !/^[0-9]+$/.test(count))
    throw new RegistryError(400, "PAGINATION_NUMBER_INVALID", `n=${count} is not a number of tags`);
  const last = query.get("last") ?? "";
  const following = (await storage.manifests.tags(repository)).filter((tag) => tag > last);
  const tags = following.slice(0, count === null ? undefined : Number(count));

  const lastShown = tags.at(-1);
  if (lastShown !== undefined && tags.length < following.length)
    response.setHeader("link", `</v2/${repository}/tags/list?n=${count}&last=${lastShown}>; rel="next"`);
  const body = JSON.stringify({ name: repository, tags });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
}
