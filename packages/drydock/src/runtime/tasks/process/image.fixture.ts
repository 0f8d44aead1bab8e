/** Of this machine, as images name it. */
export const architecture = process.arch === "arm64" ? "arm64" : "amd64";
