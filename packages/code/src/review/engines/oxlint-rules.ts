import type { RuleMeaning } from './engine.ts';

const broken: RuleMeaning = { severity: 'error', category: 'correctness' };
const suspicious: RuleMeaning = { severity: 'warning', category: 'correctness' };
const exposed: RuleMeaning = { severity: 'warning', category: 'security' };

function all(meaning: RuleMeaning, names: string): Record<string, RuleMeaning> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, meaning]));
}

/**
 * What we ask oxlint for, by the names of its own configuration. An error is wrong whenever the line runs; a warning is wrong
 * nearly always. Style, and rules that good code breaks for good reasons, are not here.
 */
export const oxlintRules: Readonly<Record<string, RuleMeaning>> = {
  'no-undef': { ...broken, same: 'undefined-name' },
  'no-unreachable': { ...suspicious, same: 'unreachable' },
  'no-const-assign': { ...broken, same: 'constant-assigned' },
  'no-dupe-keys': { ...broken, same: 'repeated-key' },
  'no-dupe-class-members': { ...broken, same: 'repeated-member' },
  'no-constant-condition': { ...suspicious, same: 'constant-condition' },
  'no-constant-binary-expression': { ...suspicious, same: 'constant-condition' },
  'no-cond-assign': { ...suspicious, same: 'constant-condition' },
  'use-isnan': { ...broken, same: 'compared-with-nan' },
  'valid-typeof': { ...broken, same: 'never-equal' },
  'no-debugger': { severity: 'warning', category: 'maintainability', same: 'debugger' },
  'jest/no-focused-tests': { severity: 'warning', category: 'tests' },
  'no-eval': exposed,
  'no-implied-eval': { ...exposed, same: 'implied-eval' },
  'no-new-func': exposed,
  ...all(
    broken,
    `constructor-super for-direction no-class-assign no-compare-neg-zero no-dupe-else-if no-duplicate-case no-import-assign
    no-invalid-regexp no-obj-calls no-setter-return no-this-before-super no-unsafe-negation
    no-new-native-nonconstructor no-global-assign typescript/no-duplicate-enum-values
    typescript/no-non-null-asserted-optional-chain oxc/bad-char-at-comparison oxc/bad-comparison-sequence
    oxc/bad-match-all-arg oxc/bad-min-max-func oxc/bad-object-literal-comparison oxc/bad-replace-all-arg
    oxc/const-comparisons oxc/erasing-op oxc/missing-throw oxc/number-arg-out-of-range oxc/misrefactored-assign-op
    unicorn/no-invalid-fetch-options unicorn/no-accessor-recursion promise/no-new-statics`,
  ),
  ...all(
    suspicious,
    `no-async-promise-executor no-self-assign no-unsafe-optional-chaining no-loss-of-precision no-unsafe-finally
    no-empty-character-class no-empty-pattern
    no-ex-assign no-shadow-restricted-names no-sparse-arrays no-unassigned-vars no-useless-backreference
    no-misleading-character-class array-callback-return no-unexpected-multiline oxc/bad-array-method-on-arguments
    oxc/uninvoked-array-callback unicorn/no-await-in-promise-methods unicorn/no-invalid-remove-event-listener
    unicorn/no-array-fill-with-reference-type promise/no-return-in-finally node/no-exports-assign`,
  ),
};

/** Asked for in files of packages that depend on React, and in those that import it. */
export const oxlintReactRules: Readonly<Record<string, RuleMeaning>> = {
  'react/jsx-no-script-url': exposed,
  ...all(
    broken,
    'react/jsx-no-undef react/no-danger-with-children react/void-dom-elements-no-children react/rules-of-hooks',
  ),
  ...all(suspicious, 'react/jsx-key react/jsx-no-duplicate-props react/no-direct-mutation-state'),
};

/** Asked for where there is a tsconfig.json: they need types. They are rules of typescript-eslint. */
export const oxlintTypeRules: Readonly<Record<string, RuleMeaning>> = {
  'typescript/no-misused-promises': { ...suspicious, same: 'promise-as-condition' },
  'typescript/no-implied-eval': { ...exposed, same: 'implied-eval' },
  ...all(
    suspicious,
    `typescript/no-array-delete typescript/no-floating-promises typescript/no-for-in-array
    typescript/no-misused-spread typescript/require-array-sort-compare
    typescript/no-unsafe-unary-minus typescript/no-base-to-string`,
  ),
};

/** Rules that would say too much as they are by default. */
export const oxlintOptions: Readonly<Record<string, unknown>> = {
  'no-constant-condition': { checkLoops: 'none' },
  'typescript/no-misused-promises': { checksConditionals: true, checksVoidReturn: false, checksSpreads: true },
  'typescript/no-misused-spread': { allow: ['string'] },
  'typescript/no-floating-promises': {
    ignoreVoid: true,
    ignoreIIFE: true,
    // What they return is for those who want to wait; their own manuals do not.
    allowForKnownSafeCalls: [
      { from: 'package', package: '@types/node', name: ['test', 'it', 'describe', 'suite', 'default'] },
      { from: 'package', package: 'react-router', name: ['NavigateFunction'] },
    ],
  },
};
