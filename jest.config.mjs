/** Suites run on the compiled output, so that worker threads, migrations and binaries resolve as they do in production. */
export default {
  testMatch: ['<rootDir>/{apps,libs}/*/dist/**/*.spec.js', '<rootDir>/{bench,e2e}/dist/**/*.spec.js'],
  testEnvironment: '<rootDir>/jest.environment.mjs',
  globalSetup: '<rootDir>/libs/cluster/dist/jest-global-setup.js',
  globalTeardown: '<rootDir>/libs/cluster/dist/jest-global-teardown.js',
  testTimeout: 60_000,
  modulePathIgnorePatterns: ['<rootDir>/.nx', '<rootDir>/.fedamole'],
};
