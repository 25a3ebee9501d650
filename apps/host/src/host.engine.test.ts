import { describeHost } from './host-contract.ts';

describeHost('bubblewrap');
