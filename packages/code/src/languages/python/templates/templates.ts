import type { Template } from '../place.ts';
import { argumentsOfCalls, methodFamilies } from './calls.ts';
import { conditions } from './conditions.ts';
import { defaults } from './defaults.ts';
import { exceptionTypes } from './exceptions.ts';
import { forgotten } from './forgotten.ts';
import { minedConditions, minedGuards } from './guards.ts';
import { imports } from './imports.ts';
import { insertions } from './insertions.ts';
import { mappings } from './mappings.ts';
import { initialisations, minedCalls } from './mined.ts';
import { movements } from './movements.ts';
import { combinations, elements, names } from './names.ts';
import { constants, offByOne } from './numbers.ts';
import { operators } from './operators.ts';
import { returns } from './returns.ts';
import { siblings } from './siblings.ts';
import { smells } from './smells.ts';
import { literals, strings } from './strings.ts';
import { wrappers } from './wrappers.ts';

/** Every fix template, in the order that breaks ties. */
export const templates: readonly Template[] = [
  imports,
  initialisations,
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
  mappings,
  combinations,
  strings,
  literals,
  insertions,
  forgotten,
  minedCalls,
  minedGuards,
  minedConditions,
  siblings,
  smells,
];
