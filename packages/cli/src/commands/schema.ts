import { defineCommand } from "../command.ts";

export const schema = defineCommand({
  usage: (command) =>
    command.addHelpText(
      "after",
      "\nFor an editor: fardel schema > fardel.schema.json, and as the first line of fardel.yaml\n  # yaml-language-server: $schema=./fardel.schema.json",
    ),
  async run({ output }) {
    const { jsonSchema } = await import("@fardel/core/config/json-schema.ts");
    const value = jsonSchema();
    output.result(value, JSON.stringify(value, null, 2));
    return undefined;
  },
});
