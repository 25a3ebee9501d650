import { createCodeTools } from '@nova/code';
import { hostLossSeconds, runnerStartSchema } from '@nova/core';
import { startRunner } from './compose.ts';

const start = runnerStartSchema.parse(JSON.parse(process.env['NOVA_RUNNER'] ?? 'null'));
const runner = await startRunner({ start, tools: createCodeTools(), environment: process.env, hostLossSeconds });
const asked = new Promise<void>((resolve) => process.once('SIGTERM', resolve));
await Promise.race([runner.abandoned, asked]);
await runner[Symbol.asyncDispose]();
process.exit(0);
