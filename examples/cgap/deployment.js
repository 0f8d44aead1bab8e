// The deployment actions, in their order, or those that are named: node deployment.js create-mapping
import { version } from "./version.js";

const { PORTAL_URL } = process.env;
const named = process.argv.slice(2);
const actions = named.length > 0 ? named : ["create-mapping", "load-items"];

console.log(`Deployment, version ${version}.`);

for (const action of actions) {
  const response = await fetch(`${PORTAL_URL}/actions/${action}`, { method: "POST" });
  if (!response.ok) {
    console.error(`${action} failed, the portal answers ${response.status}: ${(await response.text()).trim()}`);
    process.exit(3);
  }
  const { done, version: portal } = await response.json();
  console.log(`${done} is done, by portal ${portal}.`);
}
