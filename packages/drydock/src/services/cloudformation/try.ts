import { startDrydock } from "../../drydock.ts";

const d = await startDrydock({ port: 4577, directory: process.argv[2] ?? "/tmp/dd", log: console.error });
console.log(d.endpoint);
