// Has the portal index what has changed, every three seconds.
import { loop } from "./loop.js";
import { version } from "./version.js";

const { PORTAL_URL } = process.env;

console.log(`Indexer, version ${version}.`);

await loop(async (signal) => {
  const response = await fetch(`${PORTAL_URL}/index`, { method: "POST", signal });
  if (!response.ok) throw new Error(`The portal answers ${response.status}.`);
  const { indexed, version: portal } = await response.json();
  console.log(`Indexed ${indexed} items by portal ${portal}.`);
}, 3000);
