import pg from "pg";

// The address comes from `secrets` in fardel.yaml; ECS puts it into the environment when the task starts.
export const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 5 });

// A connection that breaks while nobody uses it must not end the process: the pool opens another one.
database.on("error", (error) => console.error(`Lost a database connection: ${error.message}`));
