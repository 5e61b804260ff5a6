// Bun's own node-fetch, handed in by environment.cjs.
module.exports = globalThis.__bunNodeFetch;
