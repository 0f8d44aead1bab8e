// What every image starts with. fardel.yaml makes four of them from this directory, and the build argument ENTRYPOINT, a
// variable of the image, says which part of the system each of them is.
const { ENTRYPOINT } = process.env;

const parts = ["wsgi", "indexer", "ingester", "deployment"];
if (!parts.includes(ENTRYPOINT)) throw new Error(`ENTRYPOINT is ${ENTRYPOINT}, and none of ${parts.join(", ")}.`);

await import(`./${ENTRYPOINT}.js`);
