import { randomInt } from "node:crypto";
import type { GetRandomPasswordCommandInput } from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../errors.ts";

const lowercase = "abcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";
// "Secrets Manager uses the following punctuation characters", the documentation of ExcludePunctuation.
const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/** GetRandomPassword: 32 characters unless told, at least one of each included type unless told not to. */
export function randomPassword(input: GetRandomPasswordCommandInput): string {
  const length = input.PasswordLength ?? 32;
  if (length < 1 || length > 4096) {
    throw new AwsError("InvalidParameterException", "Password length must be between 1 and 4096.");
  }
  const excluded = new Set(input.ExcludeCharacters ?? "");
  const types = [
    input.ExcludeLowercase ? "" : lowercase,
    input.ExcludeUppercase ? "" : lowercase.toUpperCase(),
    input.ExcludeNumbers ? "" : digits,
    input.ExcludePunctuation ? "" : punctuation,
    input.IncludeSpace ? " " : "",
  ]
    .map((type) => [...type].filter((character) => !excluded.has(character)))
    .filter((type) => type.length > 0);
  const all = types.flat();
  if (all.length === 0) {
    throw new AwsError("InvalidParameterException", "The password requirements leave no characters to choose from.");
  }
  const required = (input.RequireEachIncludedType ?? true) ? types.map(pick) : [];
  if (required.length > length) {
    throw new AwsError("InvalidParameterException", "Password length is too short for the required character types.");
  }
  const rest = Array.from({ length: length - required.length }, () => pick(all));
  return shuffle([...required, ...rest]).join("");
}

function pick(characters: string[]): string {
  return characters[randomInt(characters.length)] ?? "";
}

function shuffle(characters: string[]): string[] {
  const left = [...characters];
  return characters.map(() => left.splice(randomInt(left.length), 1)[0] ?? "");
}
