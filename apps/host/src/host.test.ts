import { describeHost } from './host-contract.ts';

describeHost('none');
