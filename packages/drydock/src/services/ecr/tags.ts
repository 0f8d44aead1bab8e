import type { Tag } from "@aws-sdk/client-ecr";
import { AwsError } from "../../errors.ts";

const mostTags = 50;

/** Tags as they are kept. Throws InvalidTagParameterException or TooManyTagsException. */
export function tagsFrom(tags: Tag[], existing: Record<string, string> = {}): Record<string, string> {
  const all = { ...existing };
  for (const { Key = "", Value = "" } of tags) {
    if (Key === "" || Key.length > 128 || Value.length > 256)
      throw new AwsError(
        "InvalidTagParameterException",
        "Tag keys can have a maximum character length of 128 characters, and tag values can have a maximum length of 256 characters.",
      );
    if (Key.toLowerCase().startsWith("aws:"))
      throw new AwsError("InvalidTagParameterException", "Tag keys beginning with aws: are reserved for system use.");
    all[Key] = Value;
  }
  if (Object.keys(all).length > mostTags)
    throw new AwsError("TooManyTagsException", `A repository can have at most ${mostTags} tags.`);
  return all;
}
