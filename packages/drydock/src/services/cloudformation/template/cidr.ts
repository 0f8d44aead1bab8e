import { isIPv4, isIPv6 } from "node:net";
import { validationError } from "../errors.ts";

/**
 * Fn::Cidr: the first `count` networks of `hostBits` host bits inside `block`. `cidr("10.0.0.0/16", 2, 8)` is
 * `["10.0.0.0/24", "10.0.1.0/24"]`.
 * @throws ValidationError when the block can't hold them
 */
export function cidr(block: string, count: number, hostBits: number): string[] {
  const [address = "", prefixText = ""] = block.split("/");
  const width = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  const prefix = Number(prefixText);
  if (width === 0 || prefixText === "" || !(prefix >= 0 && prefix <= width))
    throw validationError(`Template error: Fn::Cidr ${block} is not a valid CIDR block`);
  if (!Number.isInteger(count) || count < 1 || count > 256)
    throw validationError("Template error: Fn::Cidr count must be a number between 1 and 256");
  const newPrefix = width - hostBits;
  if (newPrefix < prefix || hostBits < 1 || 2n ** BigInt(newPrefix - prefix) < BigInt(count))
    throw validationError(`Template error: Fn::Cidr cannot make ${count} networks of ${hostBits} bits from ${block}`);
  const hosts = BigInt(width - prefix);
  const start = (toNumber(address, width) >> hosts) << hosts;
  return Array.from(
    { length: count },
    (_, index) => `${toAddress(start + (BigInt(index) << BigInt(hostBits)), width)}/${newPrefix}`,
  );
}

function toNumber(address: string, width: number): bigint {
  if (width === 32) return address.split(".").reduce((sum, part) => (sum << 8n) + BigInt(part), 0n);
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const [front, back] = [groups(head), groups(tail ?? "")];
  const zeros = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill("0");
  return [...front, ...zeros, ...back].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

function toAddress(value: bigint, width: number): string {
  if (width === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  // The longest run of zero groups is written `::`, as `new URL` does.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
