// Exit code 0 when node_modules holds the locked versions. Runs under whatever Node the machine has, before anything
// is installed; hence CommonJS and no dependency.
const { existsSync, readFileSync } = require('node:fs');
const root = process.argv[2];
const read = (name) => JSON.parse(readFileSync(`${root}/${name}`, 'utf8')).packages;
const locked = read('package-lock.json');
const present = read('node_modules/.package-lock.json');
for (const [place, entry] of Object.entries(locked)) {
  if (!place.startsWith('node_modules/')) continue;
  if (entry.link) {
    if (!existsSync(`${root}/${place}`)) process.exit(1);
    continue;
  }
  const found = present[place];
  // An optional package for another platform is rightly absent.
  if (found ? found.version !== entry.version : !entry.optional) process.exit(1);
}
