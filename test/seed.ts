import { randomInt } from "node:crypto";
import fc from "fast-check";

/**
 * Generated inputs are the same at every run, so that a change is red for what it breaks and for nothing else. Another number
 * in FARDEL_TEST_SEED, or `random`, looks for what no run has met yet; fast-check prints the seed of what fails.
 */
const wish = process.env.FARDEL_TEST_SEED ?? "20261121";
export const seed = wish === "random" ? randomInt(2 ** 31) : Number(wish);
fc.configureGlobal({ seed });
