/** Every layering invariant of ARCHITECTURE.md, one rule each. */
const source = { pathNot: '\\.test\\.ts$' };

module.exports = {
  forbidden: [
    {
      name: 'core-imports-rxjs-and-itself',
      severity: 'error',
      comment: 'core runs in virtual time: no node:, no npm package but rxjs, no edge',
      from: { path: '^src/core/', ...source },
      to: { pathNot: ['^src/core/', '^node_modules/rxjs/'] },
    },
    {
      name: 'adapter-imports-core-and-its-own-folder',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/', ...source },
      to: {
        path: '^src/',
        pathNot: ['^src/core/', '^src/adapters/$1/', '^src/adapters/(engine-host|model-store)/index\\.ts$'],
      },
    },
    {
      name: 'only-models-share-rooms-of-adapters',
      severity: 'error',
      comment:
        'a child process for inference and a store of downloaded models: one of each, for the adapters that run models',
      from: {
        path: '^src/adapters/',
        pathNot: ['^src/adapters/(kokoro|moonshine|wasm-voices|engine-host|model-store)/', '\\.test\\.ts$'],
      },
      to: { path: '^src/adapters/(engine-host|model-store)/' },
    },
    {
      name: 'device-imports-core-and-its-own-folder',
      severity: 'error',
      from: { path: '^src/devices/([^/]+)/', ...source },
      to: { path: '^src/', pathNot: ['^src/core/', '^src/devices/$1/'] },
    },
    {
      name: 'open-devices-composes-devices',
      severity: 'error',
      comment:
        'earshot/devices chooses among the devices, through what each of them exports, and knows nothing else',
      from: { path: '^src/devices/[^/]+\\.ts$', ...source },
      to: {
        path: '^src/',
        pathNot: ['^src/core/', '^src/devices/[^/]+\\.ts$', '^src/devices/[^/]+/index\\.ts$'],
      },
    },
    {
      name: 'testing-kit-imports-core-and-itself',
      severity: 'error',
      comment: 'earshot/testing is published; it must not drag an edge along, nor a test runner',
      from: { path: '^src/testing/', ...source },
      to: { pathNot: ['^src/core/', '^src/testing/', '^node_modules/rxjs/'] },
    },
    {
      name: 'only-users-choose-an-implementation',
      severity: 'error',
      comment: 'the public index is core alone; nothing in src/ but cli/ composes edges',
      from: { path: '^src/(index\\.ts|core/|testing/)', ...source },
      to: { path: '^src/(adapters|devices|cli)/' },
    },
    {
      name: 'nobody-imports-the-testing-kit-but-tests',
      severity: 'error',
      from: { path: '^src/(core|adapters|devices|cli|index\\.ts)', ...source },
      to: { path: '^src/testing/' },
    },
    {
      name: 'examples-are-users',
      severity: 'error',
      comment: 'an example may only use what a user can import',
      from: { path: '^examples/' },
      to: { path: '^src/', pathNot: ['^src/index\\.ts$', '^src/.*/index\\.ts$'] },
    },
    {
      name: 'the-command-is-a-user',
      severity: 'error',
      comment:
        'earshot as a command does nothing that a user could not do with what is exported; earshot demo starts the demo that is built beside it by its path, and imports none of it',
      from: { path: '^src/cli/', ...source },
      to: {
        path: '^src/',
        pathNot: [
          '^src/cli/',
          '^src/index\\.ts$',
          '^src/devices/index\\.ts$',
          '^src/(adapters|devices)/[^/]+/index\\.ts$',
        ],
      },
    },
    {
      name: 'nobody-imports-the-command',
      severity: 'error',
      from: { path: '^(src|examples)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-test-from-source',
      severity: 'error',
      from: { path: '^src/', ...source },
      to: { path: '\\.test\\.ts$' },
    },
    {
      name: 'no-dev-dependency-from-source',
      severity: 'error',
      comment: 'what src/ imports must reach the user: a dependency or a peer',
      from: { path: '^src/', ...source },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm-peer', 'npm-optional', 'type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
