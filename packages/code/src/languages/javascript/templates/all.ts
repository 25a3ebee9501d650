import { argumentsOf, methods, missingCalls, wrappers } from './calls.ts';
import { copies, elements } from './collections.ts';
import { branches, conditions, storedConditions, truthiness, typeChecks } from './conditions.ts';
import { askedFirst, callsAround, defaultsElsewhere, propertiesOfObject, statementsElsewhere } from './forgotten.ts';
import { absence, earlyReturns, guardedStatements, prototypes } from './guards.ts';
import { offByOne, operands, operatorReplacement } from './operators.ts';
import { pairs, renamedThroughout, swappedValues } from './pairs.ts';
import { regularExpressions } from './regular-expressions.ts';
import { cases, copiedStatements, loops, statementOrder } from './statements.ts';
import { symmetry } from './symmetry.ts';
import type { Template } from './template.ts';
import { constants, defaults, properties, templateStrings, variables } from './values.ts';

/** Every template, each tried at every node of a suspected statement. */
export const templates: readonly Template[] = [
  operatorReplacement,
  offByOne,
  operands,
  conditions,
  storedConditions,
  typeChecks,
  truthiness,
  branches,
  constants,
  variables,
  properties,
  templateStrings,
  defaults,
  methods,
  argumentsOf,
  wrappers,
  missingCalls,
  absence,
  earlyReturns,
  guardedStatements,
  prototypes,
  statementOrder,
  cases,
  loops,
  copiedStatements,
  symmetry,
  copies,
  elements,
  regularExpressions,
  pairs,
  renamedThroughout,
  swappedValues,
  statementsElsewhere,
  callsAround,
  propertiesOfObject,
  askedFirst,
  defaultsElsewhere,
];
