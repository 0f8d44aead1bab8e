// Runs before every release, so it has to be harmless when there is nothing left to do.
import { database } from "./database.js";

await database.query(`
  CREATE TABLE IF NOT EXISTS ticks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    worker text NOT NULL
  )
`);
console.log("The table ticks is there.");

await database.end();
