/** Answers `--call`: on stdout, and nothing is built. */
import type { BuildRequest } from '../../../engine/build/request.ts';
import type { Engine } from '../../../engine/engine.ts';
import { print } from '../../context.ts';
import type { Call } from './method.ts';

/** @returns the exit code */
export async function showCall(
  engine: Engine,
  { method, json }: Call,
  request: BuildRequest,
): Promise<number> {
  const { dockerfile } = request;
  const show = (text: () => string, document: () => object): Promise<void> =>
    print(json ? `${JSON.stringify(document(), null, 2)}\n` : text());
  switch (method) {
    case 'targets': {
      const { targetsDocument, targetsText } = await import('./targets.ts');
      await show(
        () => targetsText(dockerfile),
        () => targetsDocument(dockerfile),
      );
      return 0;
    }
    case 'outline': {
      const { outlineDocument, outlineText, readOutline } = await import('./outline.ts');
      const outline = readOutline(request);
      await show(
        () => outlineText(outline),
        () => outlineDocument(outline, dockerfile),
      );
      return 0;
    }
    case 'check': {
      const { lintRequest } = await import('../warnings.ts');
      const { checkDocument, checkText } = await import('./check.ts');
      const check = lintRequest(engine, request);
      await show(
        () => checkText(check, dockerfile),
        () => checkDocument(check, dockerfile),
      );
      return check.warnings.length > 0 ? 1 : 0;
    }
  }
}
