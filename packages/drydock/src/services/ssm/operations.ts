import { AwsError } from "../../errors.ts";
import { paginate } from "../../pagination.ts";
import type { Region } from "../../region.ts";
import type { Operations } from "../../service.ts";
import { describeFilter, isBelow, pathFilter } from "./filters.ts";
import { Parameters, parameterNotFound, type StoredParameter } from "./parameters.ts";
import { putParameter } from "./put.ts";

// LabelParameterVersion: "A version of a parameter can have a maximum of 10 labels."
const maximumLabels = 10;
// "Maximum number of tags per resource: 50", AWS's general reference on tagging.
const maximumTags = 50;

const byName = (parameter: StoredParameter) => parameter.name;

export function ssmOperations(region: Region): Operations<typeof import("@aws-sdk/client-ssm")> {
  const parameters = new Parameters(region);

  const tagged = (type: string | undefined, id: string): StoredParameter => {
    if (type !== "Parameter") {
      throw new AwsError("InvalidResourceType", `drydock keeps tags of the resource type Parameter, not ${type}.`);
    }
    const parameter = parameters.get(id);
    if (!parameter)
      throw new AwsError("InvalidResourceId", `The resource ID "${id}" is not valid. Verify that it exists.`);
    return parameter;
  };

  return {
    PutParameter: (input) => region.store.transaction(() => putParameter(region, parameters, input)),

    GetParameter: (input) => {
      const { parameter, version, selector } = parameters.select(input.Name);
      return {
        Parameter: { ...parameters.describe(parameter.name, version, input.WithDecryption), Selector: selector },
      };
    },

    GetParameters: (input) => {
      const found = [];
      const invalid = [];
      for (const name of new Set(input.Names)) {
        try {
          const { parameter, version, selector } = parameters.select(name);
          found.push({ ...parameters.describe(parameter.name, version, input.WithDecryption), Selector: selector });
        } catch {
          invalid.push(name);
        }
      }
      return { Parameters: found, InvalidParameters: invalid };
    },

    GetParametersByPath: (input) => {
      if (!input.Path.startsWith("/")) {
        const message = `The parameter doesn't meet the parameter name requirements. The path "${input.Path}" must begin with a forward slash "/".`;
        throw new AwsError("ValidationException", message);
      }
      const below = parameters
        .list()
        .filter(({ name }) => isBelow(name, input.Path, input.Recursive ?? false))
        .filter(pathFilter(parameters, input.ParameterFilters));
      // "MaxResults: minimum 1, maximum 10", and 10 when left out.
      const page = paginate(below, byName, { token: input.NextToken, limit: input.MaxResults ?? 10 });
      return {
        Parameters: page.items.map(({ name, latest }) => parameters.describe(name, latest, input.WithDecryption)),
        NextToken: page.nextToken,
      };
    },

    GetParameterHistory: (input) => {
      const parameter = parameters.get(input.Name);
      if (!parameter) throw parameterNotFound();
      const key = ({ version }: { version: number }) => String(version).padStart(12, "0");
      const page = paginate(parameters.versions(parameter), key, {
        token: input.NextToken,
        limit: input.MaxResults ?? 50,
      });
      return {
        Parameters: page.items.map((version) => parameters.history(parameter.name, version, input.WithDecryption)),
        NextToken: page.nextToken,
      };
    },

    DescribeParameters: (input) => {
      if (input.Filters?.length) {
        throw new AwsError("InvalidFilterKey", "drydock takes ParameterFilters; the older Filters are not built.");
      }
      const found = parameters.list().filter(describeFilter(parameters, input.ParameterFilters));
      const page = paginate(found, byName, { token: input.NextToken, limit: input.MaxResults ?? 50 });
      return {
        Parameters: page.items.map(({ name, latest }) => {
          const { Value, Labels, ...metadata } = parameters.history(name, latest, false);
          return { ...metadata, ARN: parameters.arn(name) };
        }),
        NextToken: page.nextToken,
      };
    },

    DeleteParameter: (input) => {
      if (!parameters.delete(input.Name)) throw parameterNotFound();
      return {};
    },

    DeleteParameters: (input) => {
      const names = [...new Set(input.Names)];
      const deleted = names.filter((name) => parameters.delete(name));
      return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
    },

    LabelParameterVersion: (input) => {
      const parameter = parameters.get(input.Name);
      if (!parameter) throw parameterNotFound();
      const versions = parameters.versions(parameter);
      const asked = input.ParameterVersion ?? parameter.latest.version;
      if (!versions.some(({ version }) => version === asked)) {
        throw new AwsError("ParameterVersionNotFound", `Version ${asked} does not exist.`);
      }
      const invalid = input.Labels.filter((label) => !/^(?!aws|ssm)[a-z_][\w.-]{0,99}$/i.test(label));
      const valid = input.Labels.filter((label) => !invalid.includes(label));
      // "A label can be attached to only one version of a parameter": attaching it moves it.
      const labelled = versions.map((version) => {
        const others = version.labels.filter((label) => !valid.includes(label));
        return { ...version, labels: version.version === asked ? [...others, ...valid] : others };
      });
      if (labelled.some(({ labels }) => labels.length > maximumLabels)) {
        const message = `A version of a parameter can have at most ${maximumLabels} labels; move one to another version.`;
        throw new AwsError("ParameterVersionLabelLimitExceeded", message);
      }
      region.store.transaction(() => {
        for (const version of labelled) {
          if (version.version === parameter.latest.version) parameters.put({ ...parameter, latest: version });
          else parameters.putVersion(parameter.name, version);
        }
      });
      return { InvalidLabels: invalid, ParameterVersion: asked };
    },

    AddTagsToResource: (input) => {
      const parameter = tagged(input.ResourceType, input.ResourceId);
      const added = Object.fromEntries(input.Tags.map((tag) => [tag.Key ?? "", tag.Value ?? ""]));
      const tags = { ...parameter.tags, ...added };
      if (Object.keys(tags).length > maximumTags) {
        throw new AwsError("TooManyTagsError", `A parameter can have at most ${maximumTags} tags.`);
      }
      parameters.put({ ...parameter, tags });
      return {};
    },

    RemoveTagsFromResource: (input) => {
      const parameter = tagged(input.ResourceType, input.ResourceId);
      const kept = Object.entries(parameter.tags).filter(([key]) => !input.TagKeys.includes(key));
      parameters.put({ ...parameter, tags: Object.fromEntries(kept) });
      return {};
    },

    ListTagsForResource: (input) => {
      const { tags } = tagged(input.ResourceType, input.ResourceId);
      return { TagList: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}
