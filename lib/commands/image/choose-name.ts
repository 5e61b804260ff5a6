/** The question which of several registries a short name means, as registries.conf's short-name-mode asks for it. */
import { ProaError } from '../../core/error.ts';

/** @returns one of the names; undefined when there is no terminal to ask at @throws ProaError NO_CHOICE */
export async function chooseName(shortName: string, names: readonly string[]): Promise<string | undefined> {
  const { isTerminal } = await import('../../cli/terminal.ts');
  if (!isTerminal(0) || !isTerminal(1)) return undefined;
  const { ask } = await import('../../cli/prompt.ts');
  const list = names.map((name, i) => `  ${i + 1}) ${name}\n`).join('');
  const answer = await ask(`${shortName} may be:\n${list}Which one? `, 'Say the name in full');
  const chosen = names[Number(answer.trim()) - 1];
  if (chosen !== undefined) return chosen;
  throw new ProaError(
    'NO_CHOICE',
    `resolve ${shortName}: ${JSON.stringify(answer.trim())} is none of the numbers`,
  );
}
