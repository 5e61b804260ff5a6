// Jest's module registry would load node-fetch's own code from npm, where the product gets Bun's. Bun's is handed in
// here and put in its place by servers.ts.
const nodeFetch = require('node-fetch');
const BunEnvironment = require('../../../../jest/environment.cjs');

module.exports = class RegistryEnvironment extends BunEnvironment {
  async setup() {
    await super.setup();
    this.global.__bunNodeFetch = nodeFetch;
  }
};
