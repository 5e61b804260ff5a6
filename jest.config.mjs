// Jest runs under Bun (`bun --bun node_modules/jest/bin/jest.js`); scripts/test.mjs does that and counts the result.
export default {
  rootDir: '.',
  testEnvironment: '<rootDir>/jest/environment.cjs',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  transform: { '\\.ts$': '<rootDir>/jest/transform.mjs', 'node_modules/.+\\.m?js$': '<rootDir>/jest/transform.mjs' },
  // chalk, ora, execa and yargs are ES modules; Jest's sandbox loads CommonJS, so they go through the transform too.
  transformIgnorePatterns: ['/node_modules/(jest|@jest|expect|pretty-format)/'],
  moduleNameMapper: { '^bun:ffi$': '<rootDir>/jest/bun-ffi.cjs', '^bun$': '<rootDir>/jest/bun.cjs' },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: [],
  testTimeout: 60_000,
};
