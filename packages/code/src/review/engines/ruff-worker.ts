import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-nodejs';

/** Reads `{ folder, paths, select }`, prints what ruff says of each file. A process of its own: see `ruff.ts`. */
const { folder, paths, select } = JSON.parse(readFileSync(0, 'utf8')) as {
  folder: string;
  paths: string[];
  select: string[];
};
const settings = { 'line-length': 320, 'target-version': 'py314', lint: { select } };
const workspace = new Workspace(settings, PositionEncoding.Utf16);
const answers = paths.map((path) => {
  try {
    return { path, diagnostics: workspace.check(readFileSync(join(folder, path), 'utf8')) };
  } catch (error) {
    return { path, trouble: String(error).slice(0, 200) };
  }
});
process.stdout.write(JSON.stringify({ version: Workspace.version(), answers }));
