import { expect, test } from "vitest";
import { Store } from "../store/store.ts";
import { AddressBook } from "./network.ts";

function open(store: Store): AddressBook {
  return new AddressBook(store.collection("tasks.addresses"));
}

test("a task's port resolves to the real one until it is released, also after a restart", () => {
  const store = new Store();
  const book = open(store);
  book.assign("10.0.1.17", 8080, { host: "127.0.0.1", port: 20123 });
  book.assign("10.0.1.17", 9090, { host: "127.0.0.1", port: 20124 });
  book.assign("10.0.1.170", 8080, { host: "127.0.0.1", port: 20125 });

  const reopened = open(store);
  expect(reopened.resolve("10.0.1.17", 8080)).toEqual({ host: "127.0.0.1", port: 20123 });
  expect(reopened.resolve("10.0.1.17", 80)).toBeUndefined();
  expect(reopened.realPorts()).toEqual(new Set([20123, 20124, 20125]));

  reopened.release("10.0.1.17");
  expect(reopened.resolve("10.0.1.17", 8080)).toBeUndefined();
  expect(open(store).realPorts()).toEqual(new Set([20125]));
});

test("only loopback addresses stand for themselves", () => {
  const book = open(new Store());
  expect(book.resolve("127.0.0.9", 3000)).toEqual({ host: "127.0.0.9", port: 3000 });
  expect(book.resolve("93.184.216.34", 80)).toBeUndefined();
  expect(book.resolve("127.0.0.1.example.com", 80)).toBeUndefined();
});
