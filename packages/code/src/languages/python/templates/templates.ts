import type { Template } from '../place.ts';
import { argumentsOfCalls, methodFamilies, wrappers } from './calls.ts';
import { conditions } from './conditions.ts';
import { imports } from './imports.ts';
import { combinations, elements, names } from './names.ts';
import { constants, offByOne } from './numbers.ts';
import { operators } from './operators.ts';
import { defaults, exceptionTypes, insertions, movements, returns } from './statements.ts';
import { literals, strings } from './strings.ts';

/** Every fix template, in the order that breaks ties. */
export const templates: readonly Template[] = [
  imports,
  operators,
  offByOne,
  conditions,
  names,
  constants,
  methodFamilies,
  argumentsOfCalls,
  elements,
  returns,
  exceptionTypes,
  defaults,
  movements,
  wrappers,
  combinations,
  strings,
  literals,
  insertions,
];
