// Jest's sandbox has a module registry of its own that knows nothing of Bun's built-in modules, so they are handed
// in as globals and picked up by the shims beside this file. CommonJS, because under Bun an ES module sees this
// CommonJS package's lazy exports as empty.
const ffi = require('bun:ffi');
const { TestEnvironment } = require('jest-environment-node');

module.exports = class BunEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.__bunFfi = ffi;
    // Bun serves `node-fetch` itself; the package in node_modules is its stand-in for Node.
    this.global.__bunNodeFetch = require('node-fetch');
  }
};
