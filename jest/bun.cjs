// The real Bun object, handed in by environment.cjs.
module.exports = globalThis.Bun;
