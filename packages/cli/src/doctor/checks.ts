import { localDirectory } from "../local-region.ts";
import { checkAws } from "./check-aws.ts";
import { checkDrydock, checkStateDirectory } from "./check-drydock.ts";
import { checkClock, checkDocker, checkGit, checkNode, checkNpm } from "./check-machine.ts";
import { checkManifest } from "./check-manifest.ts";
import type { Finding } from "./finding.ts";

/** Everything fardel needs or can use here, in the order in which a person would mend it. */
export async function checkMachine(directory: string): Promise<Finding[]> {
  const state = localDirectory();
  const manifest = checkManifest(directory);
  const findings = await Promise.all([
    checkNode(),
    checkNpm(),
    manifest.then(({ finding }) => finding),
    checkGit(directory),
    checkStateDirectory(state),
    checkDrydock(state),
    checkDocker(),
    manifest.then(({ environments }) => checkAws(environments)),
    checkClock(),
  ]);
  return findings.flat();
}
