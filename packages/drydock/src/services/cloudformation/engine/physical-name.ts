import { createHash } from "node:crypto";

const suffixLength = 12;

/**
 * `<stack>-<logical id>-<random>`, as CloudFormation names what the template leaves unnamed. Too long a name loses
 * characters of its stack's and its resource's name, in equal parts, never of the random end.
 * @param token the same token gives the same name
 */
export function generatedName(stackName: string, logicalId: string, token: string, maxLength: number): string {
  const suffix = createHash("sha256").update(token).digest("hex").slice(0, suffixLength);
  const room = maxLength - suffixLength - 2;
  const half = Math.floor(room / 2);
  const stackPart = stackName.slice(0, Math.max(half, room - logicalId.length));
  const logicalPart = logicalId.slice(0, room - stackPart.length);
  return `${stackPart.replace(/-+$/, "")}-${logicalPart}-${suffix}`;
}
