import pg from "pg";

// The address comes from Secrets Manager: `secrets` in fardel.yaml says so, and ECS puts it into the environment.
export const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 5 });

// A connection that breaks while nobody uses it must not end the process: the pool opens another one.
database.on("error", (error) => console.error(`Lost a database connection: ${error.message}`));
