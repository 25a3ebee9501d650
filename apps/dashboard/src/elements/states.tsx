import { toNovaError } from '@nova/core';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { Prose } from './prose.tsx';

/** Nothing is here, why that is, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="notice">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Something failed: Nova's own words, its code, and a way to try again. */
export function Failure({ error, again }: { readonly error: unknown; readonly again?: () => void }) {
  const { code, message } = toNovaError(error);
  return (
    <div className="notice" data-tone="bad" role="alert">
      <h2>That did not work</h2>
      <p className="break">
        <Prose>{message}</Prose>
      </p>
      <p className="faint small">
        <code>{code}</code>
      </p>
      {again && <Button onPress={again}>Try again</Button>}
    </div>
  );
}

const widths = ['62%', '88%', '74%', '80%', '55%', '69%'];

/** The place of something that is on its way, in about its size. */
export function Loading({ label, lines = 4 }: { readonly label: string; readonly lines?: number }) {
  return (
    <div className="loading" role="status">
      <span className="hidden-text">{label}</span>
      {Array.from({ length: lines }, (_, line) => widths[line % widths.length]).map((width, line) => (
        <span key={line} className="skeleton" style={{ width }} />
      ))}
    </div>
  );
}
