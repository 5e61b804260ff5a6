/** Variables in compose files: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME?error}`, `${NAME:+other}`, `$$`. */
import { ProaError } from '../../../core/error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE =
  /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}$]|\$\$|\$\{[^}]*\}|\$[A-Za-z_]\w*)*))?\})/g;

/** All texts of a value, keys left alone. @throws ProaError NO_VARIABLE */
export function interpolate(value: unknown, environment: Environment): unknown {
  if (typeof value === 'string') return fillIn(value, environment);
  if (Array.isArray(value)) return value.map((each) => interpolate(each, environment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, interpolate(each, environment)]),
  );
}

function fillIn(text: string, environment: Environment): string {
  return text.replace(VARIABLE, (_, dollar, plain, braced, sign: string | undefined, other = '') => {
    if (dollar !== undefined) return '$';
    const name: string = plain ?? braced;
    const value = environment[name];
    const isThere = sign?.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
    switch (sign?.at(-1)) {
      case '-':
        return isThere ? value! : fillIn(other, environment);
      case '+':
        return isThere ? fillIn(other, environment) : '';
      case '?':
        if (isThere) return value!;
        throw new ProaError(
          'NO_VARIABLE',
          `variable ${name}: ${fillIn(other, environment) || 'it is not set'}`,
          {
            hint: `${name}=… proa systemd install …, or a line in the file .env beside the compose file`,
          },
        );
      default:
        return value ?? '';
    }
  });
}
