import { branches, conditions, truthiness, typeChecks } from './conditions.ts';
import { offByOne, operands, operatorReplacement } from './operators.ts';
import type { Template } from './template.ts';

/** Every template, each tried at every node of a suspected statement. */
export const templates: readonly Template[] = [
  operatorReplacement,
  offByOne,
  operands,
  conditions,
  typeChecks,
  truthiness,
  branches,
];
