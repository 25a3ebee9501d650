// Loaded before the command line's own modules, so that they start from compiled code on every run but the first.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';

const { NOVA_HOME, XDG_DATA_HOME } = process.env;
enableCompileCache(`${NOVA_HOME || `${XDG_DATA_HOME || `${homedir()}/.local/share`}/nova`}/cache/compile`);
