import { unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeReview, type Finding } from '@nova/core';
import type { z } from 'zod';
import { createEngines, reviewTree } from '../review/code-review.ts';
import { TemporaryProject } from './temporary-project.ts';

type Review = z.infer<typeof codeReview.output>;
type Files = Readonly<Record<string, string>>;

/** Reviews a tree; with `before`, what it brought since a tree with those files. */
export async function review(files: Files, before: Files | null = null): Promise<Review> {
  using project = new TemporaryProject(before ?? files);
  if (before === null) return await project.call(codeReview.name, { since: null, seconds: 300 });
  for (const path of Object.keys(before)) if (!(path in files)) unlinkSync(join(project.folder, path));
  return await reviewNow(project, files, project.commit);
}

/** Reviews a project with some files more, committed. */
export async function reviewNow(project: TemporaryProject, files: Files, since: string | null): Promise<Review> {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(project.folder, path), text);
  project.git('add', '--all');
  project.git('-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '--quiet', '--message', 'Change');
  const commit = project.git('rev-parse', 'HEAD').trim();
  return await reviewTree(
    { since, seconds: 300 },
    { ...project.context, commit, scratch: project.scratch },
    createEngines(),
  );
}

/** Findings in one line each. */
export const places = (findings: readonly Finding[]) =>
  findings.map(({ severity, path, line, rule }) => `${severity} ${path}:${line} ${rule}`);
