// Runs before every release, so it has to be harmless when there is nothing left to do.
import { database } from "./database.js";

await database.query(`
  CREATE TABLE IF NOT EXISTS leads (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    company text NOT NULL,
    employees integer NOT NULL,
    score integer
  )
`);
console.log("The table leads is there.");

await database.end();
