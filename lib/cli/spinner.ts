/** A sign of life for work whose length nobody knows (committing, importing, pruning). */

/** Runs `work` and, on a terminal, shows `text` with a spinner on stderr until it ends; elsewhere it prints nothing. */
export async function withSpinner<T>(
  text: string,
  work: () => Promise<T>,
  stream: NodeJS.WriteStream = process.stderr,
): Promise<T> {
  // A pseudo-terminal that nobody gave a size has 0 columns; ora divides by them and would erase lines for ever.
  if (!stream.isTTY || !stream.columns) return await work();
  const { default: ora } = await import('ora');
  // The container's and the user's own keys and signals are not the spinner's business.
  const spinner = ora({ text, stream, discardStdin: false, hideCursor: false }).start();
  try {
    return await work();
  } finally {
    spinner.stop();
  }
}
