// Loaded before the command line's own modules, so that they start from compiled code once the data folder is in use.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';

const { NOVA_HOME, XDG_DATA_HOME } = process.env;
const root = NOVA_HOME || `${XDG_DATA_HOME || `${homedir()}/.local/share`}/nova`;
// Whether a fresh folder can be used is not known yet; where it can't, Node would try for ever to make the cache.
if (existsSync(`${root}/ledger.sqlite`)) enableCompileCache(`${root}/cache/compile`);
