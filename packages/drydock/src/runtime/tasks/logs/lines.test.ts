import { expect, test } from "vitest";
import { LineSplitter, maximumEventBytes } from "./lines.ts";

function texts(chunks: (string | Buffer)[]): string[] {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
  return [...lines, ...splitter.end()].map(({ text }) => text);
}

test("lines come whole, whatever the chunks", () => {
  expect(texts(["one\ntw", "o\n", "\nthree", ""])).toEqual(["one", "two", "", "three"]);
});

test("a character across a chunk's border stays whole", () => {
  const bytes = Buffer.from("grüße 🚢\n");
  expect(texts([...bytes].map((byte) => Buffer.of(byte)))).toEqual(["grüße 🚢"]);
});

test("every byte is accounted for", () => {
  const splitter = new LineSplitter();
  const lines = splitter.push(Buffer.from("ü\n\nlast"));
  expect(lines).toEqual([
    { text: "ü", bytes: 3 },
    { text: "", bytes: 1 },
  ]);
  expect(splitter.end()).toEqual([{ text: "last", bytes: 4 }]);
  expect(splitter.end()).toEqual([]);
});

test("a huge line is cut at a character's border, with or without its end in sight", () => {
  const huge = `${"a".repeat(maximumEventBytes - 1)}üb`;
  for (const chunks of [[`${huge}\n`], [huge.slice(0, 1000), huge.slice(1000)]]) {
    expect(texts(chunks)).toEqual(["a".repeat(maximumEventBytes - 1), "üb"]);
  }
});
