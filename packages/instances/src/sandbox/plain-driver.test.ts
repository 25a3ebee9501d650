import { describeSandboxDriver } from './driver-contract.ts';
import { createPlainDriver } from './plain-driver.ts';

describeSandboxDriver('none', (records) => createPlainDriver({ records }));
