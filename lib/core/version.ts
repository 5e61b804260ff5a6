/** Which Proa this is. scripts/build.ts puts both in place of these names (`bun build --define`). */
declare const PROA_VERSION: string;
declare const PROA_COMMIT: string;

/** `0.1.0`; `dev` when run from its source. */
export const VERSION: string = typeof PROA_VERSION === 'string' ? PROA_VERSION : 'dev';

/** The commit it was built from, short; empty when nobody said. */
export const COMMIT: string = typeof PROA_COMMIT === 'string' ? PROA_COMMIT : '';
