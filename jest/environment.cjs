// Jest's sandbox has a module registry of its own that knows nothing of Bun's built-in modules, so they are handed
// in as globals and picked up by the shims beside this file. CommonJS, because under Bun an ES module sees this
// CommonJS package's lazy exports as empty.
const ffi = require('bun:ffi');
const { TestEnvironment } = require('jest-environment-node');

module.exports = class BunEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.__bunFfi = ffi;
  }

  /** Jest reports a failure by its stack, and expects it to begin with the message, as V8's does but Bun's does not. */
  handleTestEvent({ error }) {
    if (typeof error?.stack !== 'string' || error.stack.includes(error.message)) return;
    error.stack = `${error.name}: ${error.message}\n${error.stack}`;
  }
};
