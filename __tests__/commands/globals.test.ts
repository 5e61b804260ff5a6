import { globals, isDebug, setGlobals } from '../../lib/commands/globals.ts';

afterEach(() => setGlobals({}));

test.each([
  [{}, false],
  [{ 'log-level': 'warn' }, false],
  [{ 'log-level': 'info' }, false],
  [{ 'log-level': 'debug' }, true],
  [{ 'log-level': 'trace' }, true],
  [{ debug: true, 'log-level': 'warn' }, true],
])('%j shows where errors came from: %p', (options, debug) => {
  setGlobals(options);
  expect([globals(), isDebug()]).toEqual([options, debug]);
});
