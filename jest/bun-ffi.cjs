// The real bun:ffi, handed in by environment.cjs.
module.exports = globalThis.__bunFfi;
