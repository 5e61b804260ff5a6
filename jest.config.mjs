// Jest runs under Bun (`bun --bun node_modules/jest/bin/jest.js`); scripts/test.mjs does that and counts the result.
export default {
  rootDir: '.',
  testEnvironment: '<rootDir>/jest/environment.cjs',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  transform: { '\\.ts$': '<rootDir>/jest/transform.mjs' },
  // Packages that are ES modules (chalk, ora, execa) load as such under Bun, untransformed.
  transformIgnorePatterns: ['/node_modules/'],
  moduleNameMapper: {
    '^bun:ffi$': '<rootDir>/jest/bun-ffi.cjs',
    '^bun$': '<rootDir>/jest/bun.cjs',
    '^node-fetch$': '<rootDir>/jest/node-fetch.cjs',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: [],
  testTimeout: 60_000,
};
