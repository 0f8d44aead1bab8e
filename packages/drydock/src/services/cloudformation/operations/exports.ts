import { paginate } from "../../../pagination.ts";
import type { Operations } from "../../../service.ts";
import type { CloudFormation } from "../cloudformation.ts";
import { exportedValues, importersOf } from "../engine/scope.ts";
import { validationError } from "../errors.ts";
import type { Client } from "./index.ts";
import { pageOf } from "./requests.ts";

export function exportOperations({
  repository,
}: CloudFormation): Pick<Operations<Client>, "ListExports" | "ListImports"> {
  return {
    ListExports({ NextToken }) {
      const exports = [...exportedValues(repository)].sort(([a], [b]) => (a < b ? -1 : 1));
      const { items, nextToken } = paginate(exports, ([name]) => name, pageOf(NextToken));
      return {
        Exports: items.map(([Name, { value, stackId }]) => ({ ExportingStackId: stackId, Name, Value: value })),
        NextToken: nextToken,
      };
    },

    ListImports({ ExportName, NextToken }) {
      if (!exportedValues(repository).has(ExportName)) throw validationError(`Export '${ExportName}' does not exist.`);
      const stacks = importersOf(repository, ExportName).sort();
      if (stacks.length === 0) throw validationError(`Export '${ExportName}' is not imported by any stack.`);
      const { items, nextToken } = paginate(stacks, (name) => name, pageOf(NextToken));
      return { Imports: items, NextToken: nextToken };
    },
  };
}
