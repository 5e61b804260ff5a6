/** What the scripts tell the person: on stderr, so that a container's output on stdout stays clean. */

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Ends the script with a reason that needs no stack. */
export class Stop extends Error {}

/** Runs a script's main function; a {@link Stop} is printed as it is. */
export async function main(run) {
  try {
    process.exitCode = await run(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
